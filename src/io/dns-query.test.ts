import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, encode } from 'dns-packet'
import fc from 'fast-check'
import { type QueryOptions, matchAnswer, writeDnsQuery } from './dns-query.ts'
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
