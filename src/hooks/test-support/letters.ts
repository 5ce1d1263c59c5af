import type { Outcome } from '../../journey/record.ts'
import type { SmtpAnswer } from '../../journey/spoken.ts'
import type { Step, StepData } from '../../journey/steps.ts'
import { acceptance, journey } from '../../store/contract-cases.ts'
import type { NewJourney } from '../../store/ports/post.ts'
import type { Store } from '../../store/ports/store.ts'

/** When the letters of these tests come. */
export const cameAt = 2_000_000

const taken: SmtpAnswer = { code: 250, enhanced: '2.0.0', text: 'Queued', atCommand: 'DATA' }
const refusal: SmtpAnswer = { code: 550, enhanced: '5.7.1', text: 'No', atCommand: 'DATA' }

type Taken = Extract<Outcome, { readonly smtp: SmtpAnswer }>

/** How a letter may end that is taken, filed, or refused. */
export const ends: Readonly<Record<'queued' | 'delivered' | 'refused', Taken>> = {
  queued: { status: 'queued', smtp: taken, because: [] },
  delivered: { status: 'delivered', smtp: taken, because: [] },
  refused: { status: 'refused', smtp: refusal, because: ['dmarc'] },
}

/** A step at a time behind the coming of the letter. */
export function step(data: StepData, afterMs = 0): Step {
  return { ...data, startedAt: cameAt + afterMs, durationMs: 0, dns: [] }
}

/** It was filed for somebody here. */
export function filed(account: string, mailbox = 'Inbox'): Step {
  return step({ type: 'filed', account, mailbox, recipient: account })
}

/** Another server was asked to take it. */
export function tried(
  recipient: string,
  result: 'delivered' | 'deferred' | 'failed',
  afterMs: number,
): Step {
  const code = { delivered: 250, deferred: 451, failed: 550 }[result]
  const enhanced = `${String(code).slice(0, 1)}.1.0`
  return step(
    {
      type: 'attempt',
      recipient,
      attempt: 1,
      host: 'mx.west.example',
      ip: '192.0.2.25',
      result,
      answer: { code, enhanced, text: 'Said', atCommand: 'DATA' },
      problem: '',
      nextAttemptAt: result === 'deferred' ? cameAt + afterMs + 60_000 : undefined,
      conversation: [],
    },
    afterMs,
  )
}

/** A journey as it is put down when its session ends. */
export function letter(id: string, outcome: Outcome, steps: readonly Step[] = []): NewJourney {
  const record = {
    schema: 'waybill.record/1',
    id,
    direction: 'in',
    mode: 'lab',
    host: 'mx.south.example',
    startedAt: cameAt,
    envelope: {
      ip: '192.0.2.1',
      helo: 'x.example',
      mailFrom: 'anna@north.example',
      rcptTo: ['bob@south.example'],
    },
    outcome,
    steps,
    conversation: [],
    subject: 'Hello',
    messageId: '',
  }
  return journey(id, {
    startedAt: cameAt,
    status: outcome.status,
    json: JSON.stringify(record),
  })
}

/** Puts a letter down. */
export async function put(
  store: Store,
  id: string,
  outcome: Outcome,
  steps: readonly Step[] = [],
): Promise<void> {
  await store.post.accept(acceptance({ journeys: [letter(id, outcome, steps)] }))
}

/** Steps that come later. */
export async function append(
  store: Store,
  journeyId: string,
  steps: readonly Step[],
): Promise<void> {
  const later = { journeyId, steps: JSON.stringify(steps), shared: [] }
  await store.post.accept(acceptance({ laterSteps: [later] }))
}
