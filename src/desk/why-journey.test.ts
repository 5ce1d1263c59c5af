import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerReading } from '../answers/kinds.ts'
import type { JourneyRecord } from '../journey/record.ts'
import type { Step, StepData } from '../journey/steps.ts'
import { queueItem } from '../queue/test-support/queue-item.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import { whyJourney } from './why-journey.ts'
import { type DestinationStanding, holdsOf } from './why-waiting.ts'

const now = Date.UTC(2026, 10, 2, 10)
const minuteMs = 60_000
const at = (minutes: number): number => now + minutes * minuteMs
const iso = (minutes: number): string => new Date(at(minutes)).toISOString()

const smtp = { code: 250, enhanced: '2.0.0', text: 'Message accepted', atCommand: 'DATA' }
const recipient = 'bob@south.example'

function recordOf(...data: readonly StepData[]): JourneyRecord {
  const steps = data.map((one): Step => ({ ...one, startedAt: now, durationMs: 0, dns: [] }))
  return {
    schema: 'waybill.record/1',
    id: 'j1',
    direction: 'out',
    mode: 'live',
    host: 'mx.north.example',
    startedAt: now,
    envelope: { ip: '', helo: '', mailFrom: 'anna@north.example', rcptTo: [recipient] },
    outcome: { status: 'queued', smtp, because: [] },
    steps,
    conversation: [],
    replay: undefined,
    subject: 'Quote',
    messageId: '<m@north.example>',
  }
}

const queued: StepData = { type: 'queued', recipient, destination: 'south.example' }
const attempt = {
  type: 'attempt',
  recipient,
  attempt: 1,
  host: 'mx.south.example',
  ip: '192.0.2.1',
  problem: 'The server refused the recipient for now',
  nextAttemptAt: at(5),
  conversation: [],
} as const
const grey: AnswerReading = {
  kind: 'greylisted',
  scope: 'recipient',
  advice: 'retry',
  rule: 'words.greylisted',
}
const greyAnswer = { code: 450, enhanced: '4.2.0', text: 'Greylisted', atCommand: 'RCPT' }

const item: QueueItem = queueItem('q1', {
  recipient,
  destination: 'south.example',
  nextAttemptAt: at(5),
  expiresAt: at(6000),
  attempts: 1,
})

const nothing = { items: [], standings: [], running: true, now } as const

test('of a greylisted letter it says what was said, what that means, and when it is tried again', () => {
  const record = recordOf(queued, {
    ...attempt,
    result: 'deferred',
    answer: greyAnswer,
    reading: grey,
  })
  const why = whyJourney({ ...nothing, record, items: [item] })
  const [told] = why.recipients
  assert.equal(told?.turn, 'this-server')
  assert.deepEqual(
    told.holds.map(({ by, until }) => [by, until]),
    [['schedule', iso(5)]],
  )
  assert.match(told.says, /mx\.south\.example said: 450 4\.2\.0 Greylisted\. It asks to come back/)
  assert.ok(told.says.includes(`frees at ${iso(5)}`), told.says)
  assert.equal(told.reading?.kind, 'greylisted')
})

test('a record from before 0.5.0 has no reading, and is read now', () => {
  const record = recordOf(queued, { ...attempt, result: 'deferred', answer: greyAnswer })
  const [told] = whyJourney({ ...nothing, record, items: [item] }).recipients
  assert.equal(told?.reading?.rule, 'words.greylisted')
})

test('what keeps a letter, what lasts longest first', () => {
  const south = { destination: 'south.example' } as const
  const cases: readonly (readonly [
    Partial<QueueItem>,
    DestinationStanding | undefined,
    boolean,
    readonly (readonly [string, string | null])[],
  ])[] = [
    [{}, undefined, true, [['schedule', iso(5)]]],
    [{ nextAttemptAt: at(-1) }, undefined, true, [['place', null]]],
    [{ nextAttemptAt: at(-1) }, undefined, false, [['no-server', null]]],
    [
      { held: true },
      undefined,
      true,
      [
        ['hold', null],
        ['schedule', iso(5)],
      ],
    ],
    [
      { held: true, heldUntil: at(3) },
      undefined,
      true,
      [
        ['schedule', iso(5)],
        ['hold', iso(3)],
      ],
    ],
    [{ held: true, heldUntil: at(-3) }, undefined, true, [['schedule', iso(5)]]],
    [{ notBefore: at(9), nextAttemptAt: at(9) }, undefined, true, [['send-at', iso(9)]]],
    [
      { nextAttemptAt: at(-1) },
      { ...south, down: { because: 'refused.', until: at(2) } },
      true,
      [['back-off', iso(2)]],
    ],
    [
      {},
      { ...south, heldBack: { by: 'pause', because: 'Listed.', until: at(60) } },
      true,
      [
        ['pause', iso(60)],
        ['schedule', iso(5)],
      ],
    ],
    [
      { nextAttemptAt: at(-1) },
      { ...south, heldBack: { by: 'quiet-hours', because: 'Night.' } },
      true,
      [['quiet-hours', null]],
    ],
    [
      { nextAttemptAt: at(-1) },
      { ...south, heldBack: { by: 'rate', because: '10 a minute.', until: at(-1) } },
      true,
      [['place', null]],
    ],
  ]
  for (const [changes, standing, running, expected] of cases) {
    const holds = holdsOf({ ...item, ...changes }, { now, running, standing })
    assert.deepEqual(
      holds.map(({ by, until }) => [by, until]),
      expected,
    )
  }
})

test('of a letter that is being sent it says since when, to whom, and how far it has come', () => {
  const due = { ...item, nextAttemptAt: at(-1), leasedUntil: at(60), attempts: 0 }
  const place = { since: at(0), host: 'mx.south.example', ip: '192.0.2.1' }
  const cases = [
    ['route', `It is being sent now, since ${iso(0)}: the server for it is looked up.`],
    ['DATA', `It is being sent now, since ${iso(0)}, to mx.south.example [192.0.2.1], at DATA.`],
    ['final-reply', 'at the final reply: all of it was sent.'],
    ['in-line', 'behind the letter that is sent there now'],
  ] as const
  for (const [stage, says] of cases) {
    const turns = [{ queueId: 'q1', at: { ...place, stage } }]
    const why = whyJourney({ ...nothing, record: recordOf(queued), items: [due], turns })
    const [told] = why.recipients
    assert.ok(told !== undefined)
    assert.ok(told.says.startsWith(`It is on its way for ${recipient}. It was not tried yet.`))
    assert.ok(told.says.includes(says), told.says)
    assert.equal(told.turn, 'this-server')
    assert.deepEqual(
      told.holds.map(({ by, sending }) => [by, sending]),
      [['under-way', { since: iso(0), host: place.host, address: place.ip, stage }]],
    )
  }
})

test('a lease that nobody works under is told with its end', () => {
  const leased = { ...item, nextAttemptAt: at(-1), leasedUntil: at(60) }
  const cases = [
    [true, 'elsewhere', leased, [['lease', iso(60)]]],
    [true, 'place', leased, [['place', null]]],
    [true, undefined, leased, [['place', null]]],
    [true, 'elsewhere', { ...leased, leasedUntil: at(-1) }, [['place', null]]],
    [
      false,
      undefined,
      leased,
      [
        ['no-server', null],
        ['lease', iso(60)],
      ],
    ],
  ] as const
  for (const [running, turn, one, expected] of cases) {
    const holds = holdsOf(one, { now, running, standing: undefined, turn })
    assert.deepEqual(
      holds.map(({ by, until }) => [by, until]),
      expected,
    )
  }
  const other = [{ queueId: 'q2', at: 'elsewhere' }] as const
  const asked = { ...nothing, record: recordOf(queued), items: [leased] }
  // One that was not asked about may be anywhere.
  assert.match(whyJourney({ ...asked, turns: other }).recipients[0]?.says ?? '', /or has its turn/)
})

test('a hold of a person makes it the turn of who runs the server', () => {
  const held = { ...item, held: true, holdReason: 'look at it first' }
  const [told] = whyJourney({ ...nothing, record: recordOf(queued), items: [held] }).recipients
  assert.equal(told?.turn, 'operator')
  assert.match(told.says, /look at it first/)
})

test('whose turn it is when nothing waits any more', () => {
  const full = { code: 552, enhanced: '5.2.2', text: 'Full', atCommand: 'RCPT' }
  const listed = { code: 554, enhanced: '5.7.1', text: 'see zen.spamhaus.org', atCommand: 'RCPT' }
  const failed = { ...attempt, result: 'failed', nextAttemptAt: undefined } as const
  const cases: readonly (readonly [StepData, string, RegExp])[] = [
    [
      { ...failed, answer: full },
      'recipient',
      /The mailbox is full\. The recipient has to make room/,
    ],
    [{ ...failed, answer: listed }, 'operator', /block list.* ask the list to take it off/],
    [{ ...failed, answer: undefined, problem: 'No such domain.' }, 'nobody', /No such domain\./],
    [
      { ...attempt, result: 'delivered', answer: smtp, problem: '' },
      'nobody',
      /mx\.south\.example took it/,
    ],
    [
      {
        type: 'given-up',
        recipient,
        destination: 'south.example',
        by: 'ann',
        door: 'http',
        why: 'old',
        silent: true,
      },
      'nobody',
      /ann gave it up.* The reason: old\./,
    ],
    [
      { type: 'filed', recipient, account: 'bob', mailbox: 'Junk' } as StepData,
      'recipient',
      /as spam/,
    ],
  ]
  for (const [step, turn, says] of cases) {
    const { recipients } = whyJourney({ ...nothing, record: recordOf(queued, step) })
    assert.deepEqual(
      recipients.slice(0, 1).map((told) => told.turn),
      [turn],
      String(says),
    )
    assert.match(recipients[0]?.says ?? '', says)
  }
})

test('what was refused at the door says so', () => {
  const no = { code: 550, enhanced: '5.7.1', text: 'DMARC', atCommand: 'DATA' }
  const record = {
    ...recordOf(),
    outcome: { status: 'refused', smtp: no, because: ['DMARC fails'] },
  } as const
  const [told] = whyJourney({ ...nothing, record }).recipients
  assert.equal(told?.turn, 'sender')
  assert.match(told.says, /DMARC fails\. The answer was: 550 5\.7\.1 DMARC\./)
})

test('the answer is the word of the other server, and not that this one took the letter before', () => {
  const failed = { ...attempt, result: 'failed', nextAttemptAt: undefined } as const
  const answerTo = (step: StepData, items: readonly QueueItem[]): unknown => {
    const { recipients } = whyJourney({ ...nothing, record: recordOf(queued, step), items })
    return recipients[0]?.answer
  }
  const lost = { ...attempt, answer: undefined, problem: 'The connection was lost' } as const
  assert.equal(answerTo({ ...lost, result: 'deferred' }, [item]), null)
  assert.equal(answerTo({ ...failed, answer: undefined }, []), null)
  assert.notEqual(answerTo({ ...attempt, result: 'deferred', answer: greyAnswer }, [item]), null)
  assert.equal(whyJourney({ ...nothing, record: recordOf(queued) }).recipients[0]?.answer, null)
})

test('a report that nobody here has is told to be one', () => {
  const no = {
    code: 550,
    enhanced: '5.1.1',
    text: 'There is no such mailbox here.',
    atCommand: 'RCPT',
  }
  const record: JourneyRecord = {
    ...recordOf({ type: 'recipient', rcptTo: recipient, to: 'refused', answer: no }),
    outcome: { status: 'created', because: ['delivery status'] },
  }
  const [told] = whyJourney({ ...nothing, record }).recipients
  assert.equal(told?.turn, 'operator')
  assert.equal(
    told.says,
    `This server wrote it (delivery status), and nobody has it: ${recipient} has no mailbox here.`,
  )
})

test('a trouble whose words have no full stop gets one before the next sentence', () => {
  const down = { because: 'The connection was lost', until: at(2) }
  const [hold] = holdsOf(
    { ...item, nextAttemptAt: at(-1) },
    { now, running: true, standing: { destination: 'south.example', down } },
  )
  assert.equal(
    hold?.says,
    'south.example does not answer: The connection was lost. Nothing is sent there for a while.',
  )
})
