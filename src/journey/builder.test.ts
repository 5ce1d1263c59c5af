import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import type { RecordedAnswer } from '../dns/recording-resolver.ts'
import { JourneyBuilder } from './builder.ts'
import { answersOf, hashesOf, type JourneyRecord, readRecord } from './record.ts'
import type { RecordOrigin } from './row.ts'

const found: RecordedAnswer = {
  name: 'a.example',
  type: 'A',
  answer: { type: 'found', records: ['192.0.2.1'], ttlSeconds: 300, dnssec: 'insecure' },
  elapsedMs: 4,
}
const failed: RecordedAnswer = {
  name: 'b.example',
  type: 'MX',
  answer: { type: 'failed', reason: 'timeout' },
  elapsedMs: 9,
}

function recordOf(builder: JourneyBuilder, origin: Pick<RecordOrigin, 'mode'> = {}): JourneyRecord {
  return builder.record({
    ...origin,
    direction: 'in',
    host: 'mx.example',
    envelope: { ip: '192.0.2.1', helo: 'x', mailFrom: '', rcptTo: [] },
    outcome: { status: 'dropped', because: ['quit'] },
    replay: undefined,
    subject: '',
    messageId: '',
    author: '',
  })
}

test('steps have the time they began at and the time they took', () => {
  const clock = new ManualClock(1000)
  const builder = new JourneyBuilder('id', clock)
  builder.step({ type: 'helo', verb: 'EHLO', name: 'x' })
  const begin = builder.begin()
  clock.advance(250)
  builder.step({ type: 'dropped', why: 'quit' }, begin)
  assert.deepEqual(
    builder.steps.map(({ startedAt, durationMs }) => [startedAt, durationMs]),
    [
      [1000, 0],
      [1000, 250],
    ],
  )
  assert.equal(recordOf(builder).startedAt, 1000)
})

test('a record says whether all around its server was made up', () => {
  const builder = new JourneyBuilder('id', new ManualClock())
  assert.equal(recordOf(builder).mode, 'live')
  assert.equal(recordOf(builder, { mode: 'lab' }).mode, 'lab')
  assert.equal(recordOf(builder, { mode: 'catch' }).mode, 'catch')
})

test('equal DNS answers are one fact, whatever is left of their TTL', () => {
  const builder = new JourneyBuilder('id', new ManualClock())
  const older: RecordedAnswer = {
    ...found,
    answer: { type: 'found', records: ['192.0.2.1'], ttlSeconds: 120, dnssec: 'insecure' },
    elapsedMs: 0,
  }
  builder.step({ type: 'dropped', why: 'a' }, undefined, [found, failed])
  builder.step({ type: 'dropped', why: 'b' }, undefined, [older])
  assert.equal(builder.shared.length, 2)
  const facts = new Map(builder.shared.map(({ hash, json }) => [hash, json]))
  const [first, second] = builder.steps
  assert.ok(first !== undefined && second !== undefined)
  assert.deepEqual(answersOf(first, facts), [found, failed])
  assert.deepEqual(answersOf(second, facts), [older])
  assert.deepEqual(
    hashesOf(builder.steps),
    builder.shared.map(({ hash }) => hash),
  )
  // A fact that is not kept any more is left out.
  facts.delete(builder.shared[0]?.hash ?? '')
  assert.deepEqual(answersOf(first, facts), [failed])
})

test('a fork begins with all that there is, and goes its own way', () => {
  const builder = new JourneyBuilder('one', new ManualClock())
  builder.step({ type: 'dropped', why: 'a' }, undefined, [found])
  builder.line('client', 'EHLO x')
  const fork = builder.fork('two')
  fork.step({ type: 'dropped', why: 'b' })
  fork.line('client', 'MAIL')
  builder.line('server', '250 ok')
  assert.equal(fork.id, 'two')
  assert.deepEqual([builder.steps.length, fork.steps.length], [1, 2])
  assert.deepEqual(fork.shared, builder.shared)
  assert.deepEqual(
    recordOf(fork).conversation.map(({ text }) => text),
    ['EHLO x', 'MAIL'],
  )
})

test('what was written after a mark can be taken back', () => {
  const builder = new JourneyBuilder('one', new ManualClock())
  builder.step({ type: 'dropped', why: 'a' })
  builder.line('client', 'a')
  const mark = builder.mark()
  builder.step({ type: 'dropped', why: 'b' })
  builder.line('client', 'b')
  builder.backTo(mark)
  const { steps, conversation } = recordOf(builder)
  assert.equal(steps.length, 1)
  assert.deepEqual(
    conversation.map(({ text }) => text),
    ['a'],
  )
})

test('of an endless dialogue the beginning is kept, and how many lines more there were', () => {
  const builder = new JourneyBuilder('one', new ManualClock())
  for (let n = 0; n < 10_000; n++) builder.line('client', `NOOP ${n}`)
  const { conversation } = recordOf(builder)
  assert.equal(conversation.length, 401)
  assert.equal(conversation.at(-2)?.text, 'NOOP 399')
  assert.deepEqual(conversation.at(-1), {
    from: 'note',
    text: '(9600 more lines were not kept)',
    at: 0,
  })
})

test('a record is read with the steps that came later, in their order', () => {
  const clock = new ManualClock()
  const builder = new JourneyBuilder('one', clock)
  builder.step({ type: 'queued', recipient: 'a', destination: 'b' })
  const json = JSON.stringify(recordOf(builder))
  assert.deepEqual(readRecord(json, []), JSON.parse(json))
  const later = ['x', 'y'].map((why) => {
    const steps = new JourneyBuilder('one', clock)
    steps.step({ type: 'not-notified', why })
    return JSON.stringify(steps.steps)
  })
  const read = readRecord(json, later)
  assert.deepEqual(
    read.steps.map((step) => (step.type === 'not-notified' ? step.why : step.type)),
    ['queued', 'x', 'y'],
  )
})
