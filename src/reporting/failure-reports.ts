import { createHmac, randomBytes } from 'node:crypto'
import { domainOf } from '../address/mailbox.ts'
import { concat } from '../base/octets.ts'
import type { Clock } from '../base/clock.ts'
import { RecordingResolver } from '../dns/recording-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import { authenticationResultsText } from '../inspect/results-field.ts'
import { type Begin, JourneyBuilder } from '../journey/builder.ts'
import type { StepData } from '../journey/steps.ts'
import { type Directory, leadOf } from '../directory/directory.ts'
import { later } from '../post/placing.ts'
import type { Post } from '../post/post.ts'
import type { JudgedLetter } from '../inspect/decide.ts'
import { FailureLimiter } from '../report/failure-policy.ts'
import { type FailureOutcome, sendFailureReport } from './send-failure.ts'
import type { MessagePort } from '../store/ports/contents.ts'
import type { LaterSteps } from '../store/ports/post.ts'

/** What an operator decides about failure reports. They are off where there is no such plan. */
export interface FailureReportsPlan {
  /** Author of the reports, in a domain of ours that signs. */
  readonly from: string
  /** `header`: no more leaves this house, and recipients in it are made unreadable. */
  readonly content: 'header' | 'message'
  /** Reports in one UTC day about one policy domain, and to one address. */
  readonly perDestination: number
  /** Reports in one UTC day in all. */
  readonly perDay: number
}

export interface FailureReportsOptions {
  readonly plan: FailureReportsPlan
  readonly messages: MessagePort
  readonly resolver: Resolver
  readonly directory: Directory
  /** Our name, as in Authentication-Results. */
  readonly hostname: string
  readonly post: Pick<Post, 'own' | 'accept'>
  readonly clock: Clock
  /** Numbers in [0, 1). */
  readonly random: () => number
  /** A fault of ours, for the log. */
  readonly report: (problem: unknown, journeyId: string) => void
}

/** More of a message than this is not read: `buildFailureMail` would show its header only. */
const maxMessageOctets = 65_536

/**
 * Tells domain owners of messages that failed, where they ask for it (`ruf`). RFC 9991.
 *
 * It begins when the answer to the message is settled, and nobody waits for it: whatever becomes of
 * a report, the message is not touched. What was done, or why nothing, is a later step of its journey.
 */
export class FailureReports {
  readonly #options: FailureReportsOptions
  readonly #limiter: FailureLimiter
  readonly #underWay = new Set<Promise<void>>()
  /** RFC 6590 §3: known to nobody else, and another one after each start. */
  readonly #redactionKey = randomBytes(32)

  constructor(options: FailureReportsOptions) {
    const { perDestination, perDay: total } = options.plan
    this.#options = options
    this.#limiter = new FailureLimiter({ enabled: true, perDestination, total })
  }

  /** Takes a letter whose end is in the store. Returns at once and never throws. */
  judged(letter: JudgedLetter): void {
    const { report } = this.#options
    const work = this.#tell(letter)
      .catch((problem: unknown) => report(problem, letter.journeyId))
      .finally(() => this.#underWay.delete(work))
    this.#underWay.add(work)
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  async #tell(letter: JudgedLetter): Promise<void> {
    const { plan, directory, hostname, post, clock, random } = this.#options
    const { evaluation, decision, header, mailFrom: reversePath, envelopeId, arrivedAt } = letter
    const steps = new JourneyBuilder(letter.journeyId, clock)
    const begin = steps.begin()
    const resolver = new RecordingResolver(this.#options.resolver, clock)
    const told = (step: StepData): LaterSteps => laterSteps(steps, { step, begin, resolver })
    const outcome = await sendFailureReport({
      evaluation,
      decision,
      fields: header.fields,
      reversePath,
      envelopeId,
      arrivedAt,
      authenticationResults: authenticationResultsText(evaluation, hostname),
      include: plan.content,
      ...(plan.content === 'header' ? { redact: (local: string) => this.#redact(local) } : {}),
      original: () => this.#original(letter),
      from: plan.from,
      reporter: { domain: domainOf(plan.from), generator: 'Waybill' },
      random,
      now: clock.now(),
      limiter: this.#limiter,
      resolver,
      reaches: (address) => reaches(directory, address),
      submit: async (report, { to, incidents, refused }) => {
        const subject = `DMARC failure report for ${evaluation.dmarc.authorDomain ?? ''}`
        const mail = { ...report, subject, because: 'failure report' } as const
        const { journeyId: journey, acceptance } = await post.own(mail)
        const step = told({ type: 'reported', to, journey, incidents, refused })
        await post.accept(acceptance, later(step))
      },
    })
    if (outcome.result === 'sent') return
    const step = notReported(outcome)
    if (step === undefined) return
    await post.accept(later(told(step)))
  }

  /** The message from its first octet on, as it came; more than its header only where it is told. */
  async #original({ header, messageId }: JudgedLetter): Promise<{
    readonly octets: Uint8Array
    readonly complete: boolean
  }> {
    const { plan, messages } = this.#options
    const headerOnly = { octets: header.octets, complete: false }
    const message = plan.content === 'header' ? undefined : await messages.open(messageId)
    if (message === undefined) return headerOnly
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of message.original()) {
      size += chunk.length
      if (size > maxMessageOctets) return headerOnly
      chunks.push(chunk)
    }
    return { octets: concat(chunks), complete: true }
  }

  /** RFC 6590 §3: the same token for the same local part, and no way back from it. */
  #redact(localPart: string): string {
    return createHmac('sha256', this.#redactionKey).update(localPart).digest('base64url')
  }
}

function laterSteps(
  steps: JourneyBuilder,
  told: { readonly step: StepData; readonly begin: Begin; readonly resolver: RecordingResolver },
): LaterSteps {
  steps.step(told.step, told.begin, told.resolver.answers)
  return { journeyId: steps.id, steps: JSON.stringify(steps.steps), shared: steps.shared }
}

/** Of a message that did not fail nothing is told, nor where nobody asks. */
function notReported(outcome: FailureOutcome & { result: 'not-sent' }): StepData | undefined {
  const { because, refused } = outcome
  switch (because) {
    case 'not-wanted':
    case 'no-failure':
    case 'disabled':
      return undefined
    case 'public-suffix':
    case 'automatic':
    case 'domain-limit':
    case 'total-limit':
    case 'no-destination':
      return { type: 'not-reported', because, refused }
  }
}

/** An address of ours that nobody has would bring the report back to us, again and again. */
async function reaches(directory: Directory, address: string): Promise<boolean> {
  return (await leadOf(directory, address)).type !== 'nobody'
}
