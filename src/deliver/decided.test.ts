import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  dayMs,
  minuteMs,
  reportIn,
  settlementsIn,
  start,
  testItem,
  testWorld,
} from './test-support/world.ts'
import { readDsn } from '../report/read-dsn.ts'
import type { Settlement } from '../store/ports/queue.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import { refusedBy } from '../smtp/failure.ts'
import { attemptResult } from './attempt.ts'
import { tooOld } from './decided.ts'

const until = start + minuteMs
const because = 'mx.south.example could not be reached: connection refused.'
const heldBack = { destination: 'south.example', owner: 'me', until, because }

function stepTypes(settlement: Settlement | undefined): readonly string[] {
  const steps: readonly { readonly type: string }[] = JSON.parse(settlement?.steps ?? '[]')
  return steps.map(({ type }) => type)
}

test('an item is put off untried, with the reason', async () => {
  const items = [testItem({ attempts: 3 })]
  const [settlement] = (await settlementsIn(testWorld()).ofPostponed({ ...heldBack, items }))
    .settlements
  const nextAttemptAt = until
  const outcome = { type: 'deferred', nextAttemptAt, problem: because, attempted: false }
  assert.deepEqual(settlement?.outcome, outcome)
  assert.equal(settlement?.owner, 'me')
  assert.deepEqual(stepTypes(settlement), ['put-off'])
  assert.equal(settlement?.summary, `Not delivered to bob@south.example yet: ${because}`)
})

test('the same reason is written down once', async () => {
  const items = [testItem({ lastProblem: because }), testItem({ id: 'q2', lastProblem: 'other' })]
  const settlements = (await settlementsIn(testWorld()).ofPostponed({ ...heldBack, items }))
    .settlements
  assert.deepEqual(settlements.map(stepTypes), [[], ['put-off']])
})

test('nothing is put off beyond its end, and nothing is given up untried', async () => {
  const item = testItem({ expiresAt: start + 30_000, attempts: 7 })
  const world = testWorld()
  const [last] = (await settlementsIn(world).ofPostponed({ ...heldBack, items: [item] }))
    .settlements
  assert.ok(last?.outcome.type === 'deferred')
  assert.equal(last.outcome.nextAttemptAt, item.expiresAt)
  world.clock.advance(30_000)
  const [end] = (await settlementsIn(world).ofPostponed({ ...heldBack, items: [item] })).settlements
  const outcome = { type: 'deferred', nextAttemptAt: until, problem: because, attempted: false }
  assert.deepEqual(end?.outcome, outcome)
})

test('where no attempt can begin, whose time is over fails, and the others are put off', async () => {
  const items = [
    testItem({ id: 'q1', expiresAt: start, attempts: 7 }),
    testItem({ id: 'q2', expiresAt: start + 1 }),
  ]
  const postponed = { ...heldBack, items, endsExpired: true }
  const { settlements } = await settlementsIn(testWorld()).ofPostponed(postponed)
  assert.deepEqual(
    settlements.map(({ outcome }) => outcome.type),
    ['failed', 'deferred'],
  )
  const read = readDsn(reportIn(settlements[0]) ?? new Uint8Array(0))
  assert.ok(read.type === 'dsn')
  assert.deepEqual(
    read.recipients.map(({ action, status }) => [action, status]),
    [['failed', '5.4.7']],
  )
  assert.match(settlements[0]?.summary ?? '', /given up after .* and 7 attempts/)
})

test('the sender is told of the delay also when nothing is tried at that moment', async () => {
  const world = testWorld({ warnOfDelay: (_item, next) => next === until })
  const items = [testItem(), testItem({ id: 'q2', expiresAt: start + 5 * dayMs })]
  const [first, second] = (await settlementsIn(world).ofPostponed({ ...heldBack, items }))
    .settlements
  const read = readDsn(reportIn(first) ?? new Uint8Array(0))
  assert.ok(read.type === 'dsn')
  assert.deepEqual(
    read.recipients.map(({ action }) => action),
    ['delayed', 'delayed'],
  )
  assert.equal(second?.notification, undefined, 'one report for one message')
})

const hourMs = 60 * minuteMs

test('a letter that is given up is told of in the largest unit that fits, rounded down', () => {
  for (const [ms, attempts, words] of [
    [0, 1, '0 minutes and one attempt'],
    [minuteMs - 1, 1, '0 minutes and one attempt'],
    [minuteMs, 2, '1 minute and 2 attempts'],
    [hourMs - 1, 2, '59 minutes and 2 attempts'],
    [hourMs, 2, '1 hour and 2 attempts'],
    [dayMs - 1, 3, '23 hours and 3 attempts'],
    [dayMs, 3, '1 day and 3 attempts'],
    [5 * dayMs + hourMs, 23, '5 days and 23 attempts'],
    // The clock was set back.
    [-dayMs, 0, '0 minutes and 0 attempts'],
  ] as const) {
    const text = tooOld({ createdAt: 1000 }, { attempts, now: 1000 + ms, because: 'No.' })
    assert.equal(text, `It was given up after ${words}. The last time: No.`)
  }
})

test('the schedule is told what the answer meant, and the step keeps it', async () => {
  const heard: string[] = []
  const world = testWorld({
    retryAt: (_item, now, reading) => {
      heard.push(`${reading?.kind} ${reading?.waitSeconds}`)
      return now + minuteMs
    },
  })
  const lines = ['<bob@south.example>: Recipient address rejected: Greylisted for 600 seconds']
  const outcome = refusedBy({ code: 450, enhanced: '4.2.0', lines }, 'RCPT')
  const attempt = { item: testItem(), host: 'mx', ip: '192.0.2.1', lines: [], refusedToTalk: false }
  const log = new JourneyBuilder('', world.clock)
  const { settlements } = await settlementsIn(world).of(
    [{ ...attempt, result: attemptResult(outcome) }],
    { log, owner: 'me' },
  )
  assert.deepEqual(heard, ['greylisted 600'])
  const [step] = JSON.parse(settlements[0]?.steps ?? '[]')
  assert.equal(step.reading.kind, 'greylisted')
  assert.equal(step.reading.rule, 'words.greylisted')
  assert.equal(step.reading.waitSeconds, 600)
})
