import { parseMailbox } from '../address/mailbox.ts'
import type { ForwardPath } from '../address/path.ts'
import type { Clock } from '../base/clock.ts'
import type { Soon } from '../base/result.ts'
import type { DkimSigningKey } from '../dkim/dkim.ts'
import type { RecordOrigin } from '../journey/row.ts'
import type { Acceptance, PostPort } from '../store/ports/post.ts'
import { together, type Mail, type Placed, place } from './placing.ts'
import { type OwnMail, type OwnPosted, writeOwnMail } from './own-mail.ts'
import type { Whereto } from './whereto.ts'

/** Where addresses lead, as far as the post must know. */
export interface PostDirectory {
  lead(path: ForwardPath): Soon<Whereto | { readonly type: 'nobody' }>
  signingKeys(domain: string): Soon<readonly DkimSigningKey[]>
}

export interface PostOptions {
  readonly store: PostPort
  readonly directory: PostDirectory
  /** Which server the records are of. */
  readonly origin: RecordOrigin
  readonly clock: Clock
  readonly newId: () => string
  /** How long a letter waits in the queue before it is given up. */
  readonly queueMs: () => number
}

/**
 * The one door to mailboxes and queue. Whatever is to reach somebody is placed here and put down
 * here: letters of strangers and users, reports and notices of our own.
 */
export class Post {
  readonly #options: PostOptions

  constructor(options: PostOptions) {
    this.#options = options
  }

  newId(): string {
    return this.#options.newId()
  }

  /** Says where each copy of a letter goes. Nothing is put down yet. */
  place(mail: Mail): Placed {
    const { clock, newId, queueMs } = this.#options
    return place(mail, { now: clock.now(), newId, queueMs: queueMs() })
  }

  /** Signs mail that this server writes itself and says where it goes. Nothing is put down yet. */
  async own(mail: OwnMail): Promise<OwnPosted> {
    const { directory, origin, clock } = this.#options
    const recipients = await Promise.all(
      mail.recipients.map(async (address) => ({ address, to: await this.#whereto(address) })),
    )
    return await writeOwnMail(mail, {
      id: this.newId(),
      clock,
      origin,
      recipients,
      signingKeys: async (domain) => directory.signingKeys(domain),
      place: (placed) => this.place(placed),
    })
  }

  /** Puts all of it down in one. Resolves when it is on disk, and rejects when nothing of it is. */
  async accept(...parts: readonly Acceptance[]): Promise<void> {
    await this.#options.store.accept(together(parts))
  }

  /** Mail of our own for an address of ours that nobody has, or for what is none, comes to nothing, and its record says so. */
  async #whereto(address: string): Promise<Whereto | undefined> {
    const read = parseMailbox(address)
    if (!read.ok) return undefined
    const lead = await this.#options.directory.lead({ type: 'mailbox', mailbox: read.value })
    return lead.type === 'nobody' ? undefined : lead
  }
}
