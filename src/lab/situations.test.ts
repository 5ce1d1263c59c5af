import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { JourneyRecord } from '../journey/record.ts'
import type { StepData } from '../journey/steps.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { testFolder } from '../store/test-folder.ts'
import { bundleAll } from '../app/test-support/bundle-all.ts'
import { journeyIn, replayAll, type TestJourney } from '../app/test-support/replay-all.ts'
import { situations } from './situations.ts'
import { runSituation } from './run-situation.ts'

/** How a situation ends: what the receiver found, what it did, and what the sender learned. */
interface Ending {
  /** What `lab run` calls the outcome. */
  readonly outcome: string
  readonly spf: string
  /** All signatures' results, in order; a space between. */
  readonly dkim: string
  readonly dmarc: string
  /** The action and what overrode the owner's wish. */
  readonly decision: string
  readonly filed: string
  /** The sending journey's status, where there is one. */
  readonly sent: string
  /** How each attempt to deliver ended, where there was one. */
  readonly attempts?: readonly string[]
}

/** An ordinary letter that arrives. */
const well: Ending = {
  outcome: 'delivered',
  spf: 'pass',
  dkim: 'pass pass',
  dmarc: 'pass',
  decision: 'deliver',
  filed: 'Inbox',
  sent: 'delivered',
}

/** A forgery from a stranger, which is never signed. */
const forgery: Ending = {
  outcome: 'refused',
  spf: 'fail',
  dkim: '',
  dmarc: 'fail',
  decision: 'refuse',
  filed: '',
  sent: '',
}

/** A letter that never gets to a receiver. */
const nowhere: Ending = {
  outcome: 'failed',
  spf: '',
  dkim: '',
  dmarc: '',
  decision: '',
  filed: '',
  sent: 'failed',
}

const endings: Readonly<Record<string, Ending>> = {
  hello: well,
  forged: forgery,
  forwarded: { ...well, spf: 'fail', sent: '' },
  'mailing-list': {
    ...well,
    dkim: 'pass pass fail fail',
    dmarc: 'fail',
    decision: 'deliver mailing_list',
    sent: '',
  },
  subdomain: well,
  'policy-none': { ...forgery, outcome: 'delivered', decision: 'deliver', filed: 'Inbox' },
  'policy-quarantine': {
    ...forgery,
    outcome: 'quarantined',
    decision: 'mark-as-spam',
    filed: 'Junk',
  },
  'test-mode': {
    ...forgery,
    outcome: 'quarantined',
    decision: 'mark-as-spam policy_test_mode',
    filed: 'Junk',
  },
  'no-mx': well,
  'null-mx': nowhere,
  'no-such-domain': nowhere,
  greylisted: { ...well, attempts: ['deferred 451', 'delivered 250'] },
  'server-down': well,
  'mailbox-full': { ...well, attempts: ['deferred 452', 'deferred 452', 'delivered 250'] },
  'one-letter-a-connection': { ...well, attempts: ['delivered 250'] },
  'tls-broken': { ...well, attempts: ['delivered 250'] },
  'expired-cert': { ...well, attempts: ['delivered 250'] },
  'mta-sts-enforced': { ...well, attempts: ['deferred nothing', 'delivered 250'] },
  'wrong-dkim-key': { ...well, dkim: 'fail fail' },
  'two-spf-records': { ...well, spf: 'permerror' },
  'eleven-lookups': { ...well, spf: 'permerror' },
}

function stepOf<T extends StepData['type']>(
  record: JourneyRecord,
  type: T,
): Extract<StepData, { type: T }> | undefined {
  return record.steps.find(
    (step): step is Extract<typeof step, { type: T }> => step.type === type,
  ) as Extract<StepData, { type: T }> | undefined
}

function endingOf(journeys: readonly TestJourney[]): Ending {
  const received = journeys.find(({ record }) => record.direction === 'in')?.record
  const sent = journeys.find(({ record }) => record.direction === 'out')
  const decision = received && stepOf(received, 'decision')?.decision
  return {
    outcome: journeys[0]?.status ?? 'nothing',
    spf: (received && stepOf(received, 'spf')?.verdict.result) ?? '',
    dkim:
      (received &&
        stepOf(received, 'dkim')
          ?.verdicts.map((one) => one.result)
          .join(' ')) ??
      '',
    dmarc: (received && stepOf(received, 'dmarc')?.verdict.result) ?? '',
    decision: [decision?.action, decision?.override?.type].filter(Boolean).join(' '),
    filed: (received && stepOf(received, 'filed')?.mailbox) ?? '',
    sent: sent?.status ?? '',
  }
}

/** What the other server said at each attempt. */
function attemptsOf(journeys: readonly TestJourney[]): readonly string[] {
  const sent = journeys.find(({ record }) => record.direction === 'out')
  const steps = sent?.record.steps ?? []
  return steps.flatMap((step) => {
    return step.type === 'attempt' ? [`${step.result} ${step.answer?.code ?? 'nothing'}`] : []
  })
}

for (const situation of situations) {
  test(`the situation "${situation.name}": ${situation.title}`, async () => {
    const { folder, remove } = testFolder()
    const problems: string[] = []
    try {
      const ending = await runSituation(situation, {
        folder,
        report: (problem, where) => problems.push(`${where}: ${String(problem)}`),
        look: async (found) => {
          const opened = found.map(({ reader, journey }) => journeyIn(reader, journey.id))
          const journeys = await Promise.all(opened)
          for (const reader of new Set(found.map((one) => one.reader))) {
            await replayAll(reader)
            await bundleAll(reader)
          }
          const ending = endingOf(journeys)
          const wanted = endings[situation.name]?.attempts
          return wanted === undefined ? ending : { ...ending, attempts: attemptsOf(journeys) }
        },
      })
      assert.deepEqual(ending, endings[situation.name])
      assert.equal(ending.outcome, situation.outcome)
      assert.deepEqual(problems, [])
    } finally {
      remove()
    }
  })
}

test('every situation of the table is one of the lab', () => {
  assert.deepEqual(situations.map(({ name }) => name).sort(), Object.keys(endings).sort())
})

test('when a situation is over, its letter is the last of which there is a journey', async () => {
  const { folder, remove } = testFolder()
  const hello = situations.find(({ name }) => name === 'hello')
  assert.ok(hello !== undefined)
  try {
    const last = await runSituation(hello, {
      folder,
      report: (problem, where) => assert.fail(`${where}: ${String(problem)}`),
      look: ([received]) => received?.journey.id,
    })
    // The connection that the letter came over is kept for a while, and ended by who sent it.
    const south = await openSqliteStore({ folder: join(folder, 'south') })
    const [newest] = await south.journeys.list({ limit: 1 })
    await south.close()
    assert.equal(newest?.id, last)
  } finally {
    remove()
  }
})
