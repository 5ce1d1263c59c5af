import { andThen, type Soon } from '../base/result.ts'
import type { Identities, Writers } from '../directory/directory.ts'
import type { JourneyBuilder } from '../journey/builder.ts'
import type { Reply } from '../smtp/reply.ts'
import type { Question } from '../smtp/server-types.ts'
import type { Guard } from './guard.ts'
import type { Envelope, Letter, Port, Refusal } from './port.ts'
import { replies } from './replies.ts'
import { submittedLetter, type SubmittedOptions } from './submitted-letter.ts'
import type { Trust } from './trust.ts'

export interface TrustedPortOptions extends SubmittedOptions {
  readonly directory: SubmittedOptions['directory'] & Writers
  readonly guard: Pick<Guard, 'enterAccount'>
}

/**
 * A port, as a machine of a trusted network meets it: what it sends in the name of one of our domains
 * is a submission, without a log-in. All else is as for anybody at that port: on port 25 a letter in
 * another name is a stranger's, and goes to people of ours alone; on the ports of users it is refused.
 */
export class TrustedPort implements Port {
  readonly #options: TrustedPortOptions
  readonly #trust: Trust
  readonly #ip: string
  /** The port that others meet there. */
  readonly #usual: Port
  #current: 'usual' | 'submission' = 'usual'
  #loggedIn = false
  #leave: (() => void) | undefined

  constructor(
    options: TrustedPortOptions,
    client: { readonly ip: string; readonly trust: Trust; readonly usual: Port },
  ) {
    this.#options = options
    this.#ip = client.ip
    this.#trust = client.trust
    this.#usual = client.usual
  }

  /** Of the letter under way; before there is one, as the port is for others. */
  get direction(): 'in' | 'out' {
    return this.#current === 'submission' ? 'out' : this.#usual.direction
  }

  get keepsRefused(): boolean {
    return this.#current === 'usual' && this.#usual.keepsRefused
  }

  /** The network has as many places as an account has. */
  greet(journey: JourneyBuilder): Soon<Refusal | undefined> {
    return andThen(this.#usual.greet?.(journey), (refusal): Soon<Refusal | undefined> => {
      if (refusal !== undefined) return refusal
      const { name } = this.#trust
      return andThen(this.#options.guard.enterAccount(this.#ip, name), (entrance) => {
        if (entrance.type === 'turnedAway') return { reply: replies.networkBusy, met: entrance }
        this.#leave = () => entrance.leave()
        return undefined
      })
    })
  }

  async login(
    question: Question & { readonly type: 'auth' },
    ip: string,
    journey: JourneyBuilder,
  ): Promise<Refusal | undefined> {
    const refusal = await this.#usual.login(question, ip, journey)
    if (refusal === undefined) this.#loggedIn = true
    return refusal
  }

  closed(): void {
    this.#leave?.()
    this.#leave = undefined
    this.#usual.closed()
  }

  sender(envelope: Envelope): Soon<Letter | { readonly refusal: Reply }> {
    this.#current = 'usual'
    // Who has logged in is somebody, with the rights of an account.
    if (this.#loggedIn) return this.#usual.sender(envelope)
    return andThen(this.#options.directory.identitiesFor({}), (ours) => {
      const identities = this.#mayWriteAs(ours)
      if (!this.#isSubmission(envelope, identities)) return this.#usual.sender(envelope)
      this.#current = 'submission'
      const { network, name } = this.#trust
      envelope.journey.step({ type: 'vouched', by: 'network', network, ip: this.#ip })
      return submittedLetter(this.#options, envelope, { name, account: name, identities })
    })
  }

  #mayWriteAs(ours: Identities | undefined): Identities | undefined {
    if (ours === undefined || !this.#trust.anySender) return ours
    return { covers: () => true, signingKeys: (domain) => ours.signingKeys(domain) }
  }

  /**
   * On port 25 only a sender of ours makes a submission: the same machine may also hand on what others
   * wrote to us. On the ports of users nothing else is to be had.
   */
  #isSubmission({ reversePath }: Envelope, identities: Identities | undefined): boolean {
    if (this.#usual.direction === 'out' || this.#trust.anySender) return true
    return reversePath.type === 'mailbox' && identities?.covers(reversePath.mailbox) === true
  }
}
