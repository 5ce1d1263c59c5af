import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from '../base/clock.ts'
import { type DnsOverride, parseDnsOverride } from './dns-override.ts'
import { MemoryResolver } from './memory-resolver.ts'
import { RecordedResolver } from './recorded-resolver.ts'
import { type RecordedAnswer, RecordingResolver } from './recording-resolver.ts'
import type { DnsAnswer, RecordType, Resolver } from './resolver.ts'
import type { Zone } from './zone-table.ts'

const zone: Zone = {
  'north.example': { A: ['192.0.2.1'], TXT: ['v=spf1 -all'] },
  '_dmarc.north.example': { TXT: ['v=DMARC1; p=reject'] },
  'www.north.example': { CNAME: 'north.example' },
  'far.example': { CNAME: 'www.north.example' },
  'broken.example': { error: 'SERVFAIL' },
}

const questions: readonly [string, RecordType][] = [
  ['North.Example.', 'A'],
  ['_dmarc.north.example', 'TXT'],
  ['far.example', 'A'],
  ['broken.example', 'MX'],
  ['nowhere.example', 'A'],
  ['north.example', 'A'],
  ['north.example', 'AAAA'],
]

async function record(clock?: ManualClock): Promise<readonly RecordedAnswer[]> {
  const recorder = new RecordingResolver(new MemoryResolver(zone), clock)
  for (const [name, type] of questions) await recorder.resolve(name, type)
  return recorder.answers
}

function overrides(...texts: readonly string[]): readonly DnsOverride[] {
  return texts.map((text) => {
    const read = parseDnsOverride(text)
    assert.ok(read.ok, read.ok ? '' : read.problem)
    return read.value
  })
}

test('each distinct question is written down once, in the order of asking', async () => {
  const recording = await record()
  assert.deepEqual(
    recording.map(({ name, type, answer }) => `${type} ${name} ${answer.type}`),
    [
      'A north.example found',
      'TXT _dmarc.north.example found',
      'A far.example found',
      'MX broken.example failed',
      'A nowhere.example noName',
      'AAAA north.example noData',
    ],
  )
})

test('a recording is plain JSON and says where aliases led', async () => {
  const recording = await record()
  assert.deepEqual(JSON.parse(JSON.stringify(recording)), recording)
  assert.deepEqual(recording[2], {
    name: 'far.example',
    type: 'A',
    answer: {
      type: 'found',
      records: ['192.0.2.1'],
      ttlSeconds: 300,
      dnssec: 'insecure',
      aliases: ['www.north.example', 'north.example'],
    },
  })
})

test('with a clock a recording says when each question was asked and how long it took', async () => {
  const clock = new ManualClock(1_000_000)
  const slow: Resolver = {
    resolve: async (name, type) => {
      clock.advance(12.345)
      return await new MemoryResolver(zone).resolve(name, type)
    },
  }
  const recorder = new RecordingResolver(slow, clock)
  await recorder.resolve('north.example', 'A')
  await recorder.resolve('north.example', 'TXT')
  assert.deepEqual(
    recorder.answers.map(({ startedAtMs, elapsedMs }) => [startedAtMs, elapsedMs]),
    [
      [1_000_000, 12.35],
      [1_000_012.345, 12.35],
    ],
  )
})

test('the order is that of asking, even when the first answer comes last', async () => {
  const waiting = new Map<string, (answer: DnsAnswer<never>) => void>()
  const recorder = new RecordingResolver({
    resolve: (name) => new Promise((done) => waiting.set(name, done)),
  })
  const both = Promise.all([recorder.resolve('first', 'A'), recorder.resolve('second', 'A')])
  waiting.get('second')?.({ type: 'noName', ttlSeconds: 0, dnssec: 'insecure' })
  await Promise.resolve()
  waiting.get('first')?.({ type: 'failed', reason: 'timeout' })
  await both
  assert.deepEqual(
    recorder.answers.map(({ name }) => name),
    ['first', 'second'],
  )
})

test('within one recording a question has one answer, also when the zone changes', async () => {
  let count = 0
  const recorder = new RecordingResolver({
    resolve: (name, type) =>
      new MemoryResolver({ a: { A: [`192.0.2.${++count}`] } }).resolve(name, type),
  })
  const [first, second] = await Promise.all([
    recorder.resolve('a', 'A'),
    recorder.resolve('A.', 'A'),
  ])
  assert.deepEqual(first, second)
  assert.deepEqual(await recorder.resolve('a', 'A'), first)
  assert.equal(recorder.answers.length, 1)
})

test('a recording answers what was asked as it was answered', async () => {
  const replay = new RecordedResolver(await record())
  const live = new MemoryResolver(zone)
  for (const [name, type] of questions) {
    assert.deepEqual(await replay.resolve(name, type), await live.resolve(name, type))
  }
  assert.deepEqual(replay.missing, [])
})

test('a question that was not recorded fails, and is listed once', async () => {
  const replay = new RecordedResolver(await record())
  for (const name of ['new.example', 'NEW.example.', 'north.example']) {
    assert.deepEqual(await replay.resolve(name, 'TXT'), { type: 'failed', reason: 'unreachable' })
  }
  assert.deepEqual(replay.missing, [
    { name: 'new.example', type: 'TXT' },
    { name: 'north.example', type: 'TXT' },
  ])
})

test('an override goes before the recording', async () => {
  const replay = new RecordedResolver(
    await record(),
    overrides('_dmarc.north.example TXT "v=DMARC1; p=none"', 'broken.example MX 10 mx.example'),
  )
  const dmarc = await replay.resolve('_DMARC.north.example', 'TXT')
  assert.deepEqual(dmarc.type === 'found' && dmarc.records, ['v=DMARC1; p=none'])
  const mx = await replay.resolve('broken.example', 'MX')
  assert.deepEqual(mx.type === 'found' && mx.records, [{ preference: 10, exchange: 'mx.example' }])
  assert.equal((await replay.resolve('north.example', 'A')).type, 'found')
})

test('an override tells whether a question came to it', async () => {
  const [dmarc, other] = overrides('_DMARC.north.example TXT x', 'new.example TXT x')
  assert.ok(dmarc !== undefined && other !== undefined)
  const replay = new RecordedResolver(await record(), [dmarc, other])
  assert.equal(replay.reached(dmarc), false)
  await replay.resolve('_dmarc.north.example', 'TXT')
  assert.deepEqual([replay.reached(dmarc), replay.reached(other)], [true, false])
})

test('an override takes hold in the middle of a recorded chain of aliases', async () => {
  const replay = new RecordedResolver(await record(), overrides('www.north.example A 192.0.2.77'))
  assert.deepEqual(await replay.resolve('far.example', 'A'), {
    type: 'found',
    records: ['192.0.2.77'],
    ttlSeconds: 300,
    dnssec: 'insecure',
    aliases: ['www.north.example'],
  })
})

test('an alias as override leads into the recording', async () => {
  const replay = new RecordedResolver(
    await record(),
    overrides('new.example CNAME far.example', 'far.example TXT x'),
  )
  const a = await replay.resolve('new.example', 'A')
  assert.deepEqual(a.type === 'found' && a.aliases, [
    'far.example',
    'www.north.example',
    'north.example',
  ])
  const txt = await replay.resolve('new.example', 'TXT')
  assert.deepEqual(txt.type === 'found' && txt.records, ['x'])
})

test('aliases that override each other in a circle end as a failure', async () => {
  const replay = new RecordedResolver([], overrides('a CNAME b', 'b CNAME a'))
  assert.deepEqual(await replay.resolve('a', 'A'), { type: 'failed', reason: 'servfail' })
})

const readable: readonly [text: string, type: string, values: DnsOverride['values']][] = [
  ['a.example TXT "v=DMARC1; p=none"', 'TXT', ['v=DMARC1; p=none']],
  ['a.example TXT v=DMARC1; p=none', 'TXT', ['v=DMARC1; p=none']],
  ['a.example txt  "in "  "pieces"', 'TXT', ['in pieces']],
  ['a.example TXT "one", "two"', 'TXT', ['one', 'two']],
  ['a.example TXT "a \\"quote\\", a \\\\ and \\233"', 'TXT', ['a "quote", a \\ and \u00e9']],
  ['a.example TXT caf\u00e9', 'TXT', ['caf\u00c3\u00a9']],
  ['a.example TXT ""', 'TXT', ['']],
  ['a.example TXT "NXDOMAIN"', 'TXT', ['NXDOMAIN']],
  ['a.example TXT NXDOMAIN', 'TXT', { error: 'NXDOMAIN' }],
  ['A.Example. A 192.0.2.1, 192.0.2.2', 'A', ['192.0.2.1', '192.0.2.2']],
  ['a.example MX 10 mx1.example,20 mx2.example', 'MX', ['10 mx1.example', '20 mx2.example']],
  ['a.example MX SERVFAIL', 'MX', { error: 'SERVFAIL' }],
  ['a.example A NODATA', 'A', []],
  ['a.example * TIMEOUT', '*', { error: 'TIMEOUT' }],
]

test('an override is read from NAME TYPE VALUE', () => {
  for (const [text, type, values] of readable) {
    assert.deepEqual(parseDnsOverride(text), {
      ok: true,
      value: { name: 'a.example', type, values },
    })
  }
})

test('an override that cannot be read says what is wrong with it', () => {
  const cases: readonly [string, RegExp][] = [
    ['', /is not NAME TYPE VALUE/],
    ['a.example', /is not NAME TYPE VALUE/],
    ['a.example TXT', /is not NAME TYPE VALUE/],
    ['a..example A 192.0.2.1', /"a\.\.example" is not a domain name/],
    ['a.example A 192.0.2.999', /a\.example A: cannot read "192\.0\.2\.999"/],
    ['a.example FOO x', /a\.example FOO: is not one of A, AAAA/],
    ['a.example TXT "open', /quote is missing/],
    ['a.example TXT "a" b', /quote is missing/],
    ['a.example TXT "a",', /quote is missing/],
    ['a.example * 192.0.2.1', /wants one of NXDOMAIN/],
  ]
  for (const [text, problem] of cases) {
    const read = parseDnsOverride(text)
    assert.match(read.ok ? 'it was read' : read.problem, problem)
  }
})

test('several overrides of one name and type add up', async () => {
  const replay = new RecordedResolver(
    [],
    overrides('a TXT one', 'a TXT two', 'a A 192.0.2.1', 'b A 192.0.2.1', 'b * NXDOMAIN'),
  )
  const txt = await replay.resolve('a', 'TXT')
  assert.deepEqual(txt.type === 'found' && txt.records, ['one', 'two'])
  assert.equal((await replay.resolve('a', 'A')).type, 'found')
  assert.equal((await replay.resolve('b', 'A')).type, 'noName')
})

test('reading an override never throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (a, b) => {
      parseDnsOverride(a)
      parseDnsOverride(`a.example TXT ${a}`)
      parseDnsOverride(`a.example TXT "${b}"`)
    }),
    { numRuns: 500 },
  )
})

test('what is said instead is proved where the recorded answer was', async () => {
  const answer = { type: 'found', records: ['192.0.2.1'], ttlSeconds: 60 } as const
  const recording = [
    { name: 'proved.example', type: 'A', answer: { ...answer, dnssec: 'secure' } },
    { name: 'plain.example', type: 'A', answer: { ...answer, dnssec: 'insecure' } },
  ] as const
  const names = ['proved.example', 'plain.example', 'new.example']
  const overrides = names.map((name) => ({ name, type: 'A', values: ['192.0.2.9'] }))
  const resolver = new RecordedResolver(recording, overrides)
  const states = await Promise.all(names.map((name) => resolver.resolve(name, 'A')))
  assert.deepEqual(
    states.map((one) => (one.type === 'found' ? `${one.records[0]} ${one.dnssec}` : one.type)),
    ['192.0.2.9 secure', '192.0.2.9 insecure', '192.0.2.9 insecure'],
  )
})
