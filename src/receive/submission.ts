import type { Clock } from '../base/clock.ts'
import { andThen, type Soon } from '../base/result.ts'
import type { Directory, Login } from '../directory/directory.ts'
import type { Post } from '../post/post.ts'
import type { Reply } from '../smtp/reply.ts'
import type { Question } from '../smtp/server-types.ts'
import type { Guard } from './guard.ts'
import type { Envelope, Letter, Port, Refusal } from './port.ts'
import type { RecipientAdmission } from './recipient.ts'
import { replies } from './replies.ts'
import { submittedLetter } from './submitted-letter.ts'

export interface SubmissionOptions {
  /** Our name, as in Received. */
  readonly hostname: string
  readonly directory: Directory
  readonly admission?: RecipientAdmission | undefined
  readonly guard: Pick<Guard, 'login' | 'enterAccount'>
  readonly clock: Clock
  /** Numbers in [0, 1). */
  readonly random: () => number
  readonly post: Pick<Post, 'place' | 'own'>
}

/**
 * Ports 587 and 465: takes mail from our own users, completes and signs it, and queues it. The
 * engine asks for the login; here whoever is named as sender is bound to it (RFC 6409 §6.1): in MAIL
 * FROM, From, Sender and the Resent fields. RFC 5322 §3.6.2 would let a clerk write in From whom they
 * write for; here the receiver's DMARC looks at From, and so do we.
 */
export class SubmissionPort implements Port {
  readonly direction = 'out'
  readonly keepsRefused = false
  readonly #options: SubmissionOptions
  #user: Login | undefined
  /** Gives back the account's place; `over` once the connection is. */
  #leave: (() => void) | 'over' | undefined

  constructor(options: SubmissionOptions) {
    this.#options = options
  }

  async login(
    question: Question & { readonly type: 'auth' },
    ip: string,
  ): Promise<Refusal | undefined> {
    const { username: name, password, authorizationId } = question
    const { directory, guard } = this.#options
    const outcome = await guard.login({ ip, name }, () => directory.login(name, password))
    switch (outcome.type) {
      case 'closed':
        return { reply: replies.loginsClosed, met: outcome }
      case 'full':
        return { reply: replies.tooManyLogins }
      case 'wrong':
        return { reply: replies.wrongLogin }
      case 'right':
        // RFC 4616 §2: acting for somebody else is nobody's right here.
        if (authorizationId !== '' && authorizationId.toLowerCase() !== name.toLowerCase()) {
          return { reply: replies.wrongLogin }
        }
        return await this.#enter(outcome.user, ip)
    }
  }

  async #enter(user: Login, ip: string): Promise<Refusal | undefined> {
    const entrance = await this.#options.guard.enterAccount(ip, user.address)
    if (entrance.type === 'turnedAway') return { reply: replies.accountBusy, met: entrance }
    this.#user = user
    // Who left while the password was checked has no connection that could give the place back.
    if (this.#leave === 'over') entrance.leave()
    else this.#leave = () => entrance.leave()
    return undefined
  }

  closed(): void {
    const leave = this.#leave
    this.#leave = 'over'
    if (typeof leave === 'function') leave()
  }

  sender(envelope: Envelope): Soon<Letter | { readonly refusal: Reply }> {
    const user = this.#user
    if (user === undefined) throw new Error('SubmissionPort: a sender before the login')
    return andThen(this.#options.directory.identities(user), (identities) => {
      const { address: name } = user
      return submittedLetter(this.#options, envelope, { name, account: name, identities })
    })
  }
}
