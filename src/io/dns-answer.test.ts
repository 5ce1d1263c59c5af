import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, encode } from 'dns-packet'
import fc from 'fast-check'
import { maxAliases, recordTypes } from '../dns/resolver.ts'
import { type QueryOptions, matchAnswer, readAnswer, writeDnsQuery } from './dns-answer.ts'
import type { DnsMessage, DnsRecord } from './dns-message.ts'
import { readDnsMessage } from './dns-reader.ts'

const plain: QueryOptions = {
  id: 0xbeef,
  name: 'mail.north.example',
  type: 'MX',
  edns: true,
  wantsAd: false,
}

test('the library reads a query as it was meant', () => {
  const query = decode(Buffer.from(writeDnsQuery(plain)))
  assert.equal(query.id, 0xbeef)
  assert.deepEqual(
    [query.type, query.flag_rd, query.flag_ad, query.flag_cd],
    ['query', true, false, false],
  )
  assert.deepEqual(query.questions, [{ name: 'mail.north.example', type: 'MX', class: 'IN' }])
  const [opt] = query.additionals ?? []
  assert.ok(opt?.type === 'OPT')
  assert.deepEqual([opt.udpPayloadSize, opt.flag_do, opt.options], [1232, false, []])
})

test('EDNS can be left out and proof by DNSSEC asked for', () => {
  const query = decode(Buffer.from(writeDnsQuery({ ...plain, edns: false, wantsAd: true })))
  assert.deepEqual([query.additionals, query.flag_ad], [[], true])
})

test('random bits change the case of letters and of nothing else', () => {
  const caseBits = new Uint8Array(10).fill(255)
  const query = decode(Buffer.from(writeDnsQuery({ ...plain, name: '_a1-z.ex@mple', caseBits })))
  assert.equal(query.questions?.[0]?.name, '_A1-Z.EX@MPLE')
})

function answerTo(query: Uint8Array, change: (octets: Uint8Array) => void = () => {}): string {
  const octets = Uint8Array.from(query)
  octets[2] = (octets[2] ?? 0) | 0x80
  change(octets)
  const message = readDnsMessage(octets)
  return message === undefined ? 'malformed' : matchAnswer(query, octets, message)
}

test('an answer is known by id, question and the response bit', () => {
  const query = writeDnsQuery({ ...plain, edns: false })
  assert.equal(answerTo(query), 'answer')
  const cases: readonly [string, string, (octets: Uint8Array) => void][] = [
    ['another id', 'foreign', (octets) => (octets[0] = 0)],
    ['a query', 'foreign', (octets) => (octets[2] = 1)],
    ['another opcode', 'foreign', (octets) => (octets[2] = 0x80 | 0x28)],
    ['another letter', 'foreign', (octets) => (octets[13] = 0x78)],
    ['a letter in another case', 'other-case', (octets) => (octets[13] = 0x4d)],
    ['another type', 'foreign', (octets) => (octets[octets.length - 3] = 1)],
    ['another class', 'foreign', (octets) => (octets[octets.length - 1] = 3)],
    ['no question', 'foreign', (octets) => (octets[5] = 0)],
    [
      'no question, because it could not be read',
      'answer',
      (octets) => {
        octets[5] = 0
        octets[3] = 1
      },
    ],
  ]
  for (const [what, expected, change] of cases)
    assert.equal(answerTo(query, change), expected, what)
})

test('two questions are no answer to one', () => {
  const query = writeDnsQuery({ ...plain, edns: false })
  const question = { name: plain.name, type: plain.type } as const
  const octets = encode({ type: 'response', id: plain.id, questions: [question, question] })
  const message = readDnsMessage(octets)
  assert.ok(message)
  assert.equal(matchAnswer(query, octets, message), 'foreign')
})

test('a change of any one octet of the question is noticed', () => {
  const query = writeDnsQuery({ ...plain, edns: false })
  for (let at = 12; at < query.length; at++) {
    for (let value = 0; value < 256; value++) {
      if (query[at] === value) continue
      assert.notEqual(
        answerTo(query, (octets) => (octets[at] = value)),
        'answer',
      )
    }
  }
})

test('any name that fits in a query is read back as it was', () => {
  const label = fc.string({
    unit: fc.constantFrom(...Array.from('abcXYZ019-_ @%"\n\u0000')),
    minLength: 1,
    maxLength: 20,
  })
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 8 }), (labels) => {
      const name = labels.join('.')
      const octets = writeDnsQuery({ ...plain, name })
      assert.equal(readDnsMessage(octets)?.question?.name, name)
    }),
    { numRuns: 300 },
  )
})

const names = ['a', 'b', 'c'] as const
type Name = (typeof names)[number]

/** What stands at a name: nothing, an address, or an alias of one of the three. */
type At = 'nothing' | 'address' | Name
const possible: readonly At[] = ['nothing', 'address', ...names]

const soa: DnsRecord = {
  type: 'SOA',
  name: '',
  ttlSeconds: 60,
  data: { primary: '', minimumTtlSeconds: 60 },
}

function message(changes: Partial<DnsMessage>): DnsMessage {
  return {
    id: 1,
    response: true,
    opcode: 0,
    authoritative: true,
    truncated: false,
    recursionDesired: true,
    authenticated: false,
    rcode: 0,
    question: { name: 'A', typeCode: 1, classCode: 1, start: 12, end: 19 },
    questionCount: 1,
    answers: [],
    authorities: [],
    edns: undefined,
    ...changes,
  }
}

/** The same rule said slowly: walk, and see where it ends. */
function expected(graph: Readonly<Record<Name, At>>, nxDomain: boolean, withSoa: boolean): string {
  const walked: Name[] = ['a']
  let at: Name = 'a'
  for (;;) {
    const here: At = graph[at]
    const led = walked.slice(1).join(' ')
    if (here === 'address') return nxDomain ? 'failed malformed' : `found ${led}`
    if (here === 'nothing') {
      const anything = names.some((name) => graph[name] !== 'nothing')
      if (led === '' && anything) return 'failed malformed'
      if (nxDomain) return `noName ${led}`
      return withSoa || led === '' ? `noData ${led}` : `continue ${at}: ${led}`
    }
    if (walked.includes(here)) return 'failed servfail'
    walked.push(here)
    at = here
  }
}

function got(read: DnsMessage): string {
  const reading = readAnswer(read, 'A')
  if (reading.type === 'failed') return `failed ${reading.reason}`
  if (reading.type === 'continue') return `continue ${reading.name}: ${reading.aliases.join(' ')}`
  return `${reading.answer.type} ${(reading.answer.aliases ?? []).join(' ')}`
}

test('every message about three names is read as a slow walk reads it', () => {
  let count = 0
  for (const a of possible) {
    for (const b of possible) {
      for (const c of possible) {
        for (const nxDomain of [false, true]) {
          for (const withSoa of [false, true]) {
            const graph = { a, b, c }
            const answers = names.flatMap((name): DnsRecord[] => {
              const here = graph[name]
              if (here === 'nothing') return []
              const owned = { name, ttlSeconds: 60 }
              if (here === 'address') return [{ ...owned, type: 'A', data: '192.0.2.1' }]
              return [{ ...owned, type: 'CNAME', data: here }]
            })
            const authorities = withSoa ? [soa] : []
            // The order of the records does not matter to where the aliases lead.
            for (const ordered of [answers, answers.toReversed()]) {
              const read = message({ answers: ordered, authorities, rcode: nxDomain ? 3 : 0 })
              const what = JSON.stringify({ graph, nxDomain, withSoa })
              assert.equal(got(read), expected(graph, nxDomain, withSoa), what)
              count++
            }
          }
        }
      }
    }
  }
  assert.equal(count, 1000)
})

test('as many aliases are followed as the limit says', () => {
  const chain = (length: number): DnsMessage => {
    const answers: DnsRecord[] = Array.from({ length }, (_, i) => ({
      type: 'CNAME',
      name: i === 0 ? 'a' : `n${i}`,
      ttlSeconds: 60,
      data: `n${i + 1}`,
    }))
    return message({
      answers: [...answers, { type: 'A', name: `n${length}`, ttlSeconds: 60, data: '192.0.2.1' }],
    })
  }
  assert.match(got(chain(maxAliases)), /^found/)
  assert.equal(got(chain(maxAliases + 1)), 'failed servfail')
})

test('the TTL is the smallest on the way', () => {
  const answers: DnsRecord[] = [
    { type: 'CNAME', name: 'a', ttlSeconds: 50, data: 'b' },
    { type: 'A', name: 'b', ttlSeconds: 90, data: '192.0.2.1' },
    { type: 'A', name: 'b', ttlSeconds: 40, data: '192.0.2.2' },
  ]
  const reading = readAnswer(message({ answers }), 'A')
  assert.ok(reading.type === 'answer' && reading.answer.ttlSeconds === 40)
})

test('every response code leads to a reading', () => {
  for (let rcode = 0; rcode < 4096; rcode++) {
    const reading = readAnswer(message({ rcode }), 'A')
    assert.equal(reading.type === 'answer', rcode === 0 || rcode === 3)
  }
})

test('messages made of any records are read for every type without harm', () => {
  const name = fc.constantFrom('a', 'b', 'c', '', 'a.b')
  const owned = { name, ttlSeconds: fc.nat(1000) }
  const record: fc.Arbitrary<DnsRecord> = fc.oneof(
    fc.record({ ...owned, type: fc.constant('A' as const), data: fc.constant('192.0.2.1') }),
    fc.record({ ...owned, type: fc.constant('CNAME' as const), data: name }),
    fc.record({ ...owned, type: fc.constant('NS' as const), data: name }),
    fc.record({ ...owned, type: fc.constant('other' as const) }),
    fc.constant(soa),
  )
  fc.assert(
    fc.property(
      fc.array(record, { maxLength: 12 }),
      fc.array(record, { maxLength: 4 }),
      fc.integer({ min: 0, max: 6 }),
      (answers, authorities, rcode) => {
        for (const type of recordTypes) readAnswer(message({ answers, authorities, rcode }), type)
      },
    ),
    { numRuns: 500 },
  )
})
