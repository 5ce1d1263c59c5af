import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeUtf8 } from '../base/octets.ts'
import { seededRandom } from '../base/random.ts'
import {
  type TestWorld,
  dayMs,
  hourMs,
  minuteMs,
  reportIn,
  settlementsIn,
  start,
  testItem,
  testWorld,
} from './test-support/world.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import type { Step } from '../journey/steps.ts'
import { defaultRetryPolicy, isDelayWarningDue, nextStep } from '../queue/schedule.ts'
import { readDsn } from '../report/read-dsn.ts'
import type { ReportedRecipient } from '../report/reported-recipient.ts'
import type { RecipientOutcome } from '../smtp/client-types.ts'
import { journey } from '../store/contract-cases.ts'
import type { QueueItem, Settlement } from '../store/ports/queue.ts'
import { type Attempt, type AttemptResult, attemptResult } from './attempt.ts'
import { deliveryLine } from './settlements.ts'

const unreachable: AttemptResult = {
  result: 'deferred',
  status: '4.4.1',
  because: 'mx.south.example (203.0.113.20) could not be reached: connection refused.',
  outcome: undefined,
}

function answered(code: number, enhanced: string, text: string): AttemptResult {
  const reply = { code, enhanced, lines: [text] }
  const result = code < 500 ? ('deferred' as const) : ('failed' as const)
  const failure = { status: enhanced, reply, text: `mx.south.example said: ${text}` }
  const outcome: RecipientOutcome = { result, because: 'reply', atCommand: 'RCPT', ...failure }
  return attemptResult(outcome)
}

const relayed: AttemptResult = attemptResult({
  result: 'accepted',
  reply: { code: 250, enhanced: '2.0.0', lines: ['Filed.'] },
  dsn: false,
})

function attempt(item: QueueItem, result: AttemptResult): Attempt {
  return {
    item,
    host: 'mx.south.example',
    ip: '203.0.113.20',
    result,
    lines: [],
    refusedToTalk: false,
  }
}

async function settleAll(
  world: TestWorld,
  attempts: readonly Attempt[],
): Promise<readonly Settlement[]> {
  const log = new JourneyBuilder('', world.clock)
  const ip = '203.0.113.20'
  log.step({ type: 'dial', host: 'mx.south.example', ip, port: 25, place: undefined, problem: 'x' })
  return (await settlementsIn(world).of(attempts, { log, owner: 'me' })).settlements
}

/** What the report in a settlement says of its recipients. */
function reported(settlement: Settlement | undefined): readonly ReportedRecipient[] {
  const octets = reportIn(settlement)
  const read = octets === undefined ? undefined : readDsn(octets)
  return read?.type === 'dsn' ? read.recipients : []
}

function textIn(settlement: Settlement | undefined): string {
  const text = decodeUtf8(reportIn(settlement) ?? new Uint8Array(0)) ?? ''
  return text.replace(/\r\n */g, ' ')
}

/** The steps of a settlement, by type. */
function stepsOf(settlement: Settlement | undefined): readonly Step[] {
  return JSON.parse(settlement?.steps ?? '[]')
}

test('when the time is over the sender is told with 5.4.7, the steps and an advice', async () => {
  const world = testWorld({ retryAt: () => undefined })
  world.clock.advance(5 * dayMs)
  const item = testItem({ attempts: 22 })
  const [settlement] = await settleAll(world, [attempt(item, unreachable)])
  assert.equal(settlement?.outcome.type, 'failed')
  const [recipient] = reported(settlement)
  assert.equal(recipient?.action, 'failed')
  assert.equal(recipient?.status, '5.4.7')
  const text = textIn(settlement)
  assert.match(text, /given up after 5 days and 23 attempts/)
  assert.match(text, /could not be reached: connection refused/)
  assert.match(text, /Step by step:\s+Does mx\.south\.example answer\? No, /)
  assert.match(text, /What to do: send it again later/)
  assert.match(settlement?.summary ?? '', /^Not delivered to bob@south\.example: It was given up/)
  assert.deepEqual(
    stepsOf(settlement).map(({ type }) => type),
    ['dial', 'attempt', 'notified'],
  )
  assert.match(settlement?.steps ?? '', /"attempt":23/)
})

test('an expired message whose server answered at last keeps the words of that server', async () => {
  const world = testWorld({ retryAt: () => undefined })
  const result = answered(452, '4.2.2', 'mailbox full')
  const [settlement] = await settleAll(world, [attempt(testItem(), result)])
  const [recipient] = reported(settlement)
  assert.equal(recipient?.status, '5.4.7')
  assert.match(recipient?.diagnosticCode ?? '', /452 4\.2\.2 mailbox full/)
})

test('a refusal keeps its own status', async () => {
  const result = answered(550, '5.1.1', 'no such user')
  const [settlement] = await settleAll(testWorld(), [attempt(testItem(), result)])
  const [recipient] = reported(settlement)
  assert.deepEqual([recipient?.action, recipient?.status], ['failed', '5.1.1'])
})

test('a delay is told when its time has come, with the time until which we try', async () => {
  const world = testWorld({ warnOfDelay: () => true })
  const [settlement] = await settleAll(world, [attempt(testItem(), unreachable)])
  assert.equal(settlement?.outcome.type, 'deferred')
  assert.equal(settlement?.status, 'deferred')
  const [recipient] = reported(settlement)
  assert.equal(recipient?.action, 'delayed')
  assert.equal(recipient?.status, '4.4.1')
  assert.equal(recipient?.willRetryUntil, 'Sat, 28 Nov 2026 18:00:00 +0000')
  assert.match(textIn(settlement), /could not be delivered yet to bob@south\.example/)
  const told = stepsOf(settlement).find(({ type }) => type === 'notified')
  assert.ok(told !== undefined && 'about' in told)
  assert.equal(told.about, 'delay')
})

test('in five days of waiting the sender is told of the delay once, and once of the end', async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const policy = defaultRetryPolicy
    const random = seededRandom(seed)
    const world = testWorld({
      retryAt({ attempts, expiresAt }, now) {
        const next = nextStep({ policy, attempts: attempts + 1, now, expiresAt, random })
        return next.type === 'retry' ? next.at : undefined
      },
      warnOfDelay({ createdAt, nextAttemptAt: scheduledAt }, nextAttemptAt) {
        return isDelayWarningDue({ policy, createdAt, scheduledAt, nextAttemptAt })
      },
    })
    let item = testItem()
    const actions: [action: string, hours: number][] = []
    for (;;) {
      const [settlement] = await settleAll(world, [attempt(item, unreachable)])
      for (const { action } of reported(settlement)) {
        actions.push([action, Math.floor((world.clock.now() - start) / hourMs)])
      }
      if (settlement?.outcome.type !== 'deferred') break
      const { nextAttemptAt } = settlement.outcome
      item = { ...item, attempts: item.attempts + 1, nextAttemptAt }
      // Now and then the server comes late to its own queue.
      world.clock.advance(nextAttemptAt - world.clock.now() + random() * 20 * minuteMs)
    }
    assert.equal(actions.length, 2)
    const [[warning, warnedAt] = ['', 0], [ending, endedAt] = ['', 0]] = actions
    assert.deepEqual([warning, ending, endedAt], ['delayed', 'failed', 120])
    assert.ok(warnedAt <= 4, `told after ${warnedAt} hours`)
  }
})

test('whose delay was told once is not told of again, though the schedule would', async () => {
  const told = (recipients: readonly string[] | undefined): readonly string[] => {
    const step = { type: 'notified', about: 'delay', to: 'a', journey: 'j', recipients }
    const failure = { ...step, about: 'failure', recipients: ['c@south.example'] }
    return [JSON.stringify([failure]), JSON.stringify([step])]
  }
  const people = ['b@south.example', 'c@south.example']
  const items = people.map((recipient) => testItem({ id: recipient, recipient }))
  for (const [appended, late] of [
    [[], people],
    [told(['b@south.example']), ['c@south.example']],
    [told(people), []],
    // As 0.1.0 wrote it.
    [told(undefined), []],
  ] as const) {
    const asked: string[] = []
    const world = testWorld({
      warnOfDelay: () => true,
      journeys: {
        find(ref) {
          asked.push(ref)
          const known = { ...journey('j1'), author: '', headerMessageId: '', writtenAt: 0 }
          const stored = { ...known, json: '{"steps":[]}', appended, messageId: 'm1' }
          return Promise.resolve({ type: 'found', journey: stored })
        },
      },
    })
    const settlements = await settleAll(
      world,
      items.map((item) => attempt(item, unreachable)),
    )
    const heard = settlements.flatMap(reported)
    assert.deepEqual(
      heard.map(({ finalRecipient }) => finalRecipient),
      late,
    )
    assert.deepEqual(asked, ['j1'])
  }
})

test('what fails is told, whether the delay was told before or not', async () => {
  const find = (): never => assert.fail('nobody asks')
  const world = testWorld({ journeys: { find } })
  const [settlement] = await settleAll(world, [
    attempt(testItem(), answered(550, '5.1.1', 'no such user')),
  ])
  assert.equal(reported(settlement)[0]?.action, 'failed')
})

test('a delay is told only to who wants to know (RFC 3461 §4.1)', async () => {
  const world = testWorld({ warnOfDelay: () => true })
  for (const [notify, told] of [
    [undefined, 1],
    [['delay', 'failure'], 1],
    [['failure', 'success'], 0],
    [['never'], 0],
  ] as const) {
    const item = testItem({ dsn: notify === undefined ? {} : { notify } })
    const [settlement] = await settleAll(world, [attempt(item, unreachable)])
    assert.equal(reported(settlement).length, told)
    assert.equal(stepsOf(settlement).length, 2 + told, 'silence is no step')
  }
})

test('nobody is told of what a report of ours met, and that is written down at its end', async () => {
  const item = testItem({ reversePath: '' })
  const world = testWorld({ warnOfDelay: () => true })
  const [late] = await settleAll(world, [attempt(item, unreachable)])
  assert.equal(late?.notification, undefined)
  assert.equal(stepsOf(late).at(-1)?.type, 'attempt')
  const [lost] = await settleAll(world, [attempt(item, answered(550, '5.1.1', 'no'))])
  assert.equal(lost?.notification, undefined)
  assert.equal(stepsOf(lost).at(-1)?.type, 'not-notified')
})

test('who asked for it is told that the next server sends no reports (RFC 3461 §5.2.2)', async () => {
  const item = testItem({ dsn: { notify: ['success', 'failure'] } })
  const [settlement] = await settleAll(testWorld(), [attempt(item, relayed)])
  assert.equal(settlement?.outcome.type, 'delivered')
  const [recipient] = reported(settlement)
  assert.deepEqual([recipient?.action, recipient?.status], ['relayed', '2.0.0'])
  const [silent] = await settleAll(testWorld(), [attempt(testItem(), relayed)])
  assert.equal(silent?.notification, undefined)
})

test('one report tells of all recipients of a message, and another of another', async () => {
  const items = ['a', 'b', 'c'].map((name) =>
    testItem({ id: name, recipient: `${name}@south.example` }),
  )
  const other = testItem({ id: 'd', messageId: 'm2', journeyId: 'j2' })
  const no = answered(550, '5.1.1', 'no such user')
  const settlements = await settleAll(testWorld(), [
    ...items.map((item, i) => attempt(item, i === 1 ? unreachable : no)),
    attempt(other, no),
  ])
  const reports = settlements.map((one) => reported(one).map((r) => r.finalRecipient))
  assert.deepEqual(reports, [['a@south.example', 'c@south.example'], [], [], ['bob@south.example']])
  assert.deepEqual(
    settlements.map(({ status }) => status),
    ['failed', 'deferred', 'failed', 'failed'],
  )
})

test('what recipients of one message share is written down once: the way and the talk', async () => {
  const world = testWorld()
  const items = Array.from({ length: 500 }, (_, i) =>
    testItem({ id: `q${i}`, recipient: `r${i}@south.example` }),
  )
  const other = testItem({ id: 'x', messageId: 'm2', journeyId: 'j2' })
  const lines = items.map(({ recipient }) => {
    return { from: 'client', text: `RCPT TO:<${recipient}>`, at: start } as const
  })
  const settlements = await settleAll(world, [
    ...items.map((item) => ({ ...attempt(item, relayed), lines })),
    { ...attempt(other, relayed), lines },
  ])
  const all = settlements.map(({ steps }): readonly Step[] => JSON.parse(steps))
  assert.deepEqual(
    all.slice(0, 3).map((steps) => steps.map(({ type }) => type)),
    [['dial', 'attempt'], ['attempt'], ['attempt']],
  )
  const attempts = all.flat().flatMap((step) => (step.type === 'attempt' ? [step] : []))
  assert.equal(attempts[0]?.conversation.length, 500)
  assert.equal(attempts[0]?.conversationWith, undefined)
  assert.deepEqual(
    attempts
      .slice(1, 500)
      .map(({ conversation, conversationWith }) => [conversation.length, conversationWith]),
    items.slice(1).map(() => [0, 'r0@south.example']),
  )
  // Another message has a journey of its own, which tells all of it.
  assert.deepEqual(
    all[500]?.map(({ type }) => type),
    ['dial', 'attempt'],
  )
  assert.equal(attempts[500]?.conversation.length, 500)
  const octets = settlements.slice(0, 500).reduce((sum, { steps }) => sum + steps.length, 0)
  assert.ok(octets < 300_000, `500 recipients take ${octets} octets`)
})

test('the answer of the other server stands in the step, with as much of its words as helps', async () => {
  for (const [result, answer] of [
    [answered(550, '5.1.1', 'x'.repeat(3000)), [550, '5.1.1', 'x'.repeat(2000), 'RCPT']],
    [relayed, [250, '2.0.0', 'Filed.', 'DATA']],
    [unreachable, undefined],
  ] as const) {
    const [settlement] = await settleAll(testWorld(), [attempt(testItem(), result)])
    const step = stepsOf(settlement).find((one) => one.type === 'attempt')
    assert.ok(step?.type === 'attempt')
    const { answer: found } = step
    assert.deepEqual(
      found === undefined ? found : [found.code, found.enhanced, found.text, found.atCommand],
      answer,
    )
  }
})

const until = start + minuteMs
const item = testItem({ attempts: 3, lastProblem: 'down' })
const base = { item, host: 'mx.south.example', ip: '203.0.113.20', status: '4.4.1', because: 'why' }

test('a line tells of an attempt: its number, where, what the server said, and when again', () => {
  const outcome = { type: 'deferred', nextAttemptAt: until, problem: 'down' } as const
  assert.deepEqual(deliveryLine({ ...base, outcome }), {
    level: 'info',
    event: 'deferred',
    fields: {
      id: 'j1',
      from: '<anna@north.example>',
      to: 'bob@south.example',
      destination: 'south.example',
      host: 'mx.south.example',
      ip: '203.0.113.20',
      attempt: 4,
      status: '4.4.1',
      why: 'why',
      next: new Date(until).toISOString(),
    },
  })
})

test('a failure is a warning; what does not apply is left out', () => {
  const failed = deliveryLine({ ...base, host: '', ip: '', outcome: { type: 'failed' } })
  assert.equal(failed?.level, 'warning')
  assert.deepEqual([failed?.fields['host'], failed?.fields['ip']], [undefined, undefined])
  const delivered = deliveryLine({ ...base, because: '', outcome: { type: 'delivered' } })
  assert.equal(delivered?.level, 'info')
  assert.deepEqual([delivered?.fields['why'], delivered?.fields['next']], [undefined, undefined])
})

test('what was not tried is told once, without a number', () => {
  const putOff = { type: 'deferred', nextAttemptAt: until, attempted: false } as const
  const fresh = deliveryLine({ ...base, outcome: { ...putOff, problem: 'other' } })
  assert.ok(fresh !== undefined)
  assert.equal(fresh.fields['attempt'], undefined)
  assert.equal(deliveryLine({ ...base, outcome: { ...putOff, problem: 'down' } }), undefined)
})
