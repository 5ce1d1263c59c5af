import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, encode } from 'dns-packet'
import fc from 'fast-check'
import { octetsOf } from '../base/octets.ts'
import { readDnsId, readDnsMessage } from './dns-reader.ts'

/** A response of the library's making, with one question. */
function message(
  answers: Answer[],
  authorities: Answer[] = [],
  additionals: Answer[] = [],
): Buffer {
  return encode({
    type: 'response',
    id: 0x1234,
    flags: 0x0480,
    questions: [{ type: 'A', name: 'Www.Example' }],
    answers,
    authorities,
    additionals,
  })
}

/** A message written octet by octet: header, question `a` A IN, then `records` answers. */
function handMade(
  records: readonly (readonly number[])[],
  answerCount = records.length,
): Uint8Array {
  const header = [0, 1, 0x84, 0, 0, 1, 0, answerCount, 0, 0, 0, 0]
  return new Uint8Array([...header, 1, 0x61, 0, 0, 1, 0, 1, ...records.flat()])
}

const typed = (name: readonly number[], type: number, data: readonly number[]): number[] => [
  ...name,
  0,
  type,
  0,
  1,
  0,
  0,
  0,
  60,
  data.length >> 8,
  data.length & 255,
  ...data,
]

const pointerToQuestion = [0xc0, 12]

test('reads every type of record as the library writes it', () => {
  const read = readDnsMessage(
    message(
      [
        { type: 'A', name: 'a.Example', ttl: 1, data: '192.0.2.1' },
        { type: 'AAAA', name: 'a.example', ttl: 2, data: '2001:db8:0:0::1' },
        {
          type: 'MX',
          name: 'a.example',
          ttl: 3,
          data: { preference: 10, exchange: 'Mail.example' },
        },
        { type: 'MX', name: 'a.example', ttl: 3, data: { preference: 0, exchange: '.' } },
        { type: 'TXT', name: 'a.example', ttl: 4, data: [Buffer.from([0xff, 0]), 'b'] },
        { type: 'PTR', name: 'a.example', ttl: 5, data: 'B.example' },
        { type: 'CNAME', name: 'a.example', ttl: 6, data: 'c.example' },
        { type: 'NS', name: 'a.example', ttl: 0x80000000, data: 'd.example' },
        {
          type: 'TLSA',
          name: 'a.example',
          ttl: 8,
          data: { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.from('0aFF', 'hex') },
        },
        { type: 'CAA', name: 'a.example', ttl: 9, data: { tag: 'issue', value: 'x' } },
        { type: 'A', name: 'a.example', class: 'CH', ttl: 9, data: '192.0.2.1' },
      ],
      [
        {
          type: 'SOA',
          name: '.',
          ttl: 7,
          data: { mname: 'Ns.example', rname: 'x.example', minimum: 60 },
        },
      ],
    ),
  )
  assert.ok(read)
  assert.deepEqual(read.question?.name, 'Www.Example')
  assert.deepEqual(
    read.answers.map((one) => [one.name, one.type, one.ttlSeconds, 'data' in one && one.data]),
    [
      ['a.example', 'A', 1, '192.0.2.1'],
      ['a.example', 'AAAA', 2, '2001:db8::1'],
      ['a.example', 'MX', 3, { preference: 10, exchange: 'mail.example' }],
      ['a.example', 'MX', 3, { preference: 0, exchange: '' }],
      ['a.example', 'TXT', 4, '\u00ff\u0000b'],
      ['a.example', 'PTR', 5, 'b.example'],
      ['a.example', 'CNAME', 6, 'c.example'],
      ['a.example', 'NS', 0, 'd.example'],
      ['a.example', 'TLSA', 8, { usage: 3, selector: 1, matchingType: 1, data: '0aff' }],
      ['a.example', 'other', 9, false],
      ['a.example', 'other', 9, false],
    ],
  )
  assert.deepEqual(read.authorities, [
    {
      name: '',
      type: 'SOA',
      ttlSeconds: 7,
      data: { primary: 'ns.example', minimumTtlSeconds: 60 },
    },
  ])
})

test('reads the header: id, flags, response code with the bits of EDNS', () => {
  const opt = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: 1232,
    extendedRcode: 1,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  } as const
  const octets = message([], [], [{ ...opt, options: [] }])
  octets[3] = 0x25
  const read = readDnsMessage(octets)
  assert.ok(read)
  const { id, response, authoritative, truncated, authenticated, rcode, edns } = read
  assert.deepEqual(
    { id, response, authoritative, truncated, authenticated, rcode, edns },
    {
      id: 0x1234,
      response: true,
      authoritative: true,
      truncated: false,
      authenticated: true,
      rcode: 0x15,
      edns: { udpSize: 1232 },
    },
  )
  assert.equal(readDnsId(octets), 0x1234)
  assert.equal(readDnsId(octets.subarray(0, 11)), undefined)
})

test('follows pointers to earlier places, in owners and in data', () => {
  const read = readDnsMessage(
    handMade([
      typed(pointerToQuestion, 5, [1, 0x62, ...pointerToQuestion]),
      typed([0xc0, 31], 1, [192, 0, 2, 1]),
    ]),
  )
  assert.deepEqual(
    read?.answers.map((one) => [one.name, 'data' in one && one.data]),
    [
      ['a', 'b.a'],
      ['b.a', '192.0.2.1'],
    ],
  )
})

const malformed: readonly [what: string, octets: Uint8Array][] = [
  ['nothing', new Uint8Array()],
  ['eleven octets', new Uint8Array(11)],
  ['a question that is not there', new Uint8Array([0, 1, 0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0])],
  ['an answer that is not there', handMade([], 1)],
  ['a pointer to itself', handMade([typed([0xc0, 19], 1, [1, 2, 3, 4])])],
  ['a pointer forward', handMade([typed([0xc0, 40], 1, [1, 2, 3, 4])])],
  [
    'a pointer forward to a sound name',
    handMade([typed([0xc0, 43], 1, [1, 2, 3, 4]), typed(pointerToQuestion, 99, [1, 0x62, 0])]),
  ],
  ['a pointer into its own name', handMade([typed([1, 0x62, 0xc0, 19], 1, [1, 2, 3, 4])])],
  ['a pointer behind the end', handMade([typed([0xff, 0xff], 1, [1, 2, 3, 4])])],
  ['an unknown kind of label', handMade([typed([0x40, 0], 1, [1, 2, 3, 4])])],
  ['an address of three octets', handMade([typed(pointerToQuestion, 1, [1, 2, 3])])],
  ['an address of five octets', handMade([typed(pointerToQuestion, 1, [1, 2, 3, 4, 5])])],
  ['an IPv6 address of four octets', handMade([typed(pointerToQuestion, 28, [1, 2, 3, 4])])],
  ['text without a string', handMade([typed(pointerToQuestion, 16, [])])],
  ['a string beyond its record', handMade([typed(pointerToQuestion, 16, [3, 1, 2])])],
  ['an MX without a name', handMade([typed(pointerToQuestion, 15, [0, 10])])],
  ['an alias with octets left over', handMade([typed(pointerToQuestion, 5, [1, 0x62, 0, 9])])],
  ['an alias that runs out of its record', handMade([typed(pointerToQuestion, 5, [5, 0x62])])],
  ['a TLSA without data', handMade([typed(pointerToQuestion, 52, [3, 1, 1])])],
  ['an SOA of names only', handMade([typed(pointerToQuestion, 6, [0, 0])])],
  [
    'a record longer than the message',
    handMade([typed(pointerToQuestion, 1, [1, 2, 3, 4]).slice(0, -1)]),
  ],
]

test('a message that is not sound is not read', () => {
  for (const [what, octets] of malformed) assert.equal(readDnsMessage(octets), undefined, what)
})

test('an odd record of a type that nobody asked for does no harm', () => {
  const read = readDnsMessage(
    handMade([typed(pointerToQuestion, 33, [1]), typed(pointerToQuestion, 1, [192, 0, 2, 1])]),
  )
  assert.deepEqual(
    read?.answers.map(({ type }) => type),
    ['other', 'A'],
  )
})

test('names of 255 octets are read and longer ones are not', () => {
  const label = [63, ...Array<number>(63).fill(0x62)]
  const longest = [...label, ...label, ...label, 61, ...Array<number>(61).fill(0x62), 0]
  assert.equal(longest.length, 255)
  assert.ok(readDnsMessage(handMade([typed(longest, 1, [1, 2, 3, 4])])))
  const tooLong = [...label, ...label, ...label, 62, ...Array<number>(62).fill(0x62), 0]
  assert.equal(readDnsMessage(handMade([typed(tooLong, 1, [1, 2, 3, 4])])), undefined)
})

test('a name may jump 127 times and not once more', () => {
  // Pointers to pointers, each two octets behind the one before, in data that nobody reads.
  const pointer = (to: number): number[] => [0xc0 | (to >> 8), to & 255]
  const chain = Array.from({ length: 127 }, (_, i) => pointer(i === 0 ? 12 : 29 + 2 * i))
  const last = 31 + 2 * 126
  const named = (from: number): Uint8Array =>
    handMade([typed(pointerToQuestion, 99, chain.flat()), typed(pointer(from), 1, [192, 0, 2, 1])])
  assert.equal(readDnsMessage(named(last - 2))?.answers[1]?.name, 'a')
  assert.equal(readDnsMessage(named(last)), undefined)
})

test('a dot inside a label is not the dot between labels', () => {
  const read = readDnsMessage(
    handMade([
      typed(pointerToQuestion, 12, [3, 0x62, 0x2e, 0x63, 0]),
      typed(pointerToQuestion, 12, [1, 0x62, 1, 0x63, 0]),
      typed(pointerToQuestion, 12, [2, 0x62, 0x5c, 1, 0x63, 0]),
    ]),
  )
  assert.deepEqual(
    read?.answers.map((one) => 'data' in one && one.data),
    ['b\\.c', 'b.c', 'b\\\\.c'],
  )
})

test('of a truncated message only header and question are read', () => {
  const octets = message([{ type: 'A', name: 'www.example', data: '192.0.2.1' }]).subarray(0, -3)
  assert.equal(readDnsMessage(octets), undefined)
  octets[2] = (octets[2] ?? 0) | 0x02
  const read = readDnsMessage(octets)
  assert.deepEqual([read?.truncated, read?.answers.length], [true, 0])
})

test('a message cut anywhere is not read, and nothing throws', () => {
  const octets = message([
    { type: 'MX', name: 'a.example', data: { preference: 10, exchange: 'mail.example' } },
    { type: 'TXT', name: 'a.example', data: ['one', 'two'] },
  ])
  for (let end = 0; end < octets.length; end++) {
    assert.equal(readDnsMessage(octets.subarray(0, end)), undefined, `cut at ${end}`)
  }
  assert.ok(readDnsMessage(octets))
})

test('any octets at all are read or not, and quickly', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (octets) => {
      readDnsMessage(octets)
    }),
    { numRuns: 2000 },
  )
})

test('a sound message with any octet changed is read or not, and nothing throws', () => {
  const octets = message([
    { type: 'A', name: 'a.example', data: '192.0.2.1' },
    { type: 'MX', name: 'a.example', data: { preference: 10, exchange: 'mail.example' } },
    { type: 'SOA', name: 'a.example', data: { mname: 'a', rname: 'b' } },
  ])
  for (let at = 0; at < octets.length; at++) {
    const changed = Uint8Array.from(octets)
    for (let value = 0; value < 256; value++) {
      changed[at] = value
      readDnsMessage(changed)
    }
  }
})

test('the longest message full of long chains of pointers is read in bounded time', {
  timeout: 60_000,
}, () => {
  // Names that each point at the one before: every jump is allowed, and there are thousands of them.
  const octets = new Uint8Array(65_535)
  octets.set([0, 1, 0x84, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0, 1, 0x61, 0, 0, 1, 0, 1])
  let at = 19
  let before = 12
  while (at + 16 < octets.length && before < 0x3fff) {
    octets.set([1, 0x62, 0xc0 | (before >> 8), before & 255, 0, 99, 0, 1, 0, 0, 0, 0, 0, 0], at)
    before = at
    at += 14
  }
  // Without a bound each of a thousand names would be followed through all before it, in each message.
  for (let n = 0; n < 20; n++) readDnsMessage(octets)
})

test('octets of text go through unharmed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 255 }), { minLength: 1, maxLength: 5 }),
      (all) => {
        const data = all.map((one) => Buffer.from(one))
        const read = readDnsMessage(message([{ type: 'TXT', name: 'a.example', data }]))
        const record = read?.answers[0]
        assert.ok(record?.type === 'TXT')
        assert.deepEqual(Buffer.from(octetsOf(record.data)), Buffer.concat(data))
      },
    ),
    { numRuns: 100 },
  )
})
