import type { Clock } from '../base/clock.ts'
import { concat, encodeUtf8 } from '../base/octets.ts'
import { andThen, type Soon } from '../base/result.ts'
import type { Directory, Identities } from '../directory/directory.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import { LineWatch } from '../message/long-lines.ts'
import { formatReceived } from '../message/received.ts'
import type { MailRecipient } from '../post/placing.ts'
import type { Post } from '../post/post.ts'
import type { Reply } from '../smtp/reply.ts'
import type { NewMessage } from '../store/ports/post.ts'
import { type Outgoing, type OutgoingProblem, prepareOutgoing } from './outgoing.ts'
import type {
  AskedRecipient,
  Envelope,
  Letter,
  RecipientTaken,
  TakenLetter,
  Verdict,
} from './port.ts'
import {
  type RecipientAdmission,
  recipientFor,
  dsnRequest,
  needsUtf8,
  tlsRequest,
  type WishingRecipient,
} from './recipient.ts'
import { longLine, noAddressIn, notYours, notYoursIn, replies } from './replies.ts'
import { successReport } from './success-report.ts'

/** What a letter of our users is made with. */
export interface SubmittedOptions {
  /** Our name, as in Received. */
  readonly hostname: string
  readonly directory: Pick<Directory, 'lead' | 'marks'>
  readonly admission?: RecipientAdmission | undefined
  readonly clock: Clock
  /** Numbers in [0, 1). */
  readonly random: () => number
  readonly post: Pick<Post, 'place' | 'own'>
}

/** Who sends a letter. */
export interface Sender {
  /** As a refusal calls them. */
  readonly name: string
  /** Whose letter it counts as; `undefined`: no account's. */
  readonly account: string | undefined
  /** In whose names they may write now; `undefined`: they are nobody here any more. */
  readonly identities: Identities | undefined
}

/** A letter of one of our users. */
class SubmittedLetter implements Letter {
  /** Nothing of it is judged. */
  readonly replay = undefined
  readonly bodyHashes: readonly [] = []
  readonly #options: SubmittedOptions
  readonly #envelope: Envelope
  /** Who sends it, as a refusal calls them. */
  readonly #name: string
  readonly #account: string | undefined
  /** As they were when the letter began. */
  readonly #identities: Identities
  readonly #recipients: WishingRecipient[] = []
  readonly #asked = new Set<string>()
  readonly #lines = new LineWatch()
  #outgoing: Outgoing | undefined

  constructor(
    options: SubmittedOptions,
    envelope: Envelope,
    sender: Omit<Sender, 'identities'> & { readonly identities: Identities },
  ) {
    this.#options = options
    this.#envelope = envelope
    this.#name = sender.name
    this.#account = sender.account
    this.#identities = sender.identities
  }

  get addedMessageId(): string | undefined {
    return this.#outgoing?.completion.messageId
  }

  recipient(asked: AskedRecipient): Soon<RecipientTaken> {
    const { path, rcptTo, parameters: wishes } = asked
    const { ip, mailFrom } = this.#envelope
    const answer = recipientFor({ path, by: 'user', ip, mailFrom }, this.#options)
    return andThen(answer, (to): RecipientTaken => {
      if (to.type === 'refused') return { refusal: to.reply }
      // Named twice, it still gets one copy; with other wishes it is another request (RFC 3461 §4).
      const key = JSON.stringify([rcptTo, wishes])
      if (!this.#asked.has(key)) this.#recipients.push({ rcptTo, wishes, to })
      this.#asked.add(key)
      return to.type === 'forward' ? 'remote' : to.type
    })
  }

  header(header: MessageHeader): void {
    const { hostname, clock, random } = this.#options
    this.#outgoing = prepareOutgoing(header, {
      mailFrom: this.#envelope.mailFrom,
      hostname,
      identities: this.#identities,
      now: clock.now(),
      random,
    })
  }

  body(octets: Uint8Array): void {
    this.#lines.push(octets)
    this.#outgoing?.signer?.push(octets)
  }

  async finish(taken: TakenLetter): Promise<Verdict> {
    const outgoing = this.#outgoing
    if (outgoing === undefined) throw new Error('SubmittedLetter: finish before the header')
    if (taken.facts.nul) return refused(replies.nulInMessage)
    if (outgoing.problem !== undefined) return this.#refusal(outgoing.problem)
    if (this.#lines.tooLong) return refused(replies.longLineInBody)
    const { completion, domain, keys, signer, removed, folded, ended } = outgoing
    const { journey } = this.#envelope
    if (removed.length + folded.length > 0 || ended) {
      journey.step({ type: 'adapted', removed, folded, ...(ended ? { ended } : {}) })
    }
    if (completion.added.length > 0) journey.step({ type: 'completed', added: completion.added })
    const begin = journey.begin()
    const signatures = (await signer?.finish()) ?? []
    if (signer === undefined) journey.step({ type: 'unsigned', domain })
    else journey.step({ type: 'signed', domain, keys }, begin)
    const own = signatures.join('') + this.#received() + completion.prefix
    const prefix = concat([encodeUtf8(own), outgoing.rewritten])
    return await this.#takeOver(taken, { prefix, omit: outgoing.omit })
  }

  #refusal(problem: OutgoingProblem): Verdict {
    const login = this.#name
    switch (problem.type) {
      case 'two-authors':
        return { type: 'refused', reply: replies.twoAuthors, because: ['author'] }
      case 'no-author':
        return { type: 'refused', reply: replies.noFrom, because: ['author'] }
      case 'foreign': {
        const { field, address } = problem
        if (field === 'From') {
          return { type: 'refused', reply: notYours(address, login), because: ['author'] }
        }
        return { type: 'refused', reply: notYoursIn(field, address, login), because: ['sender'] }
      }
      case 'no-address':
        return refused(noAddressIn(problem.field, problem.found))
      case 'long-line':
        return refused(longLine(problem.field))
    }
  }

  /** RFC 5321 §4.4, without the address of the user's computer, which is nobody's business. */
  #received(): string {
    const { hostname, clock } = this.#options
    const { journey, transport } = this.#envelope
    const [only, ...others] = this.#recipients
    return formatReceived({
      by: hostname,
      ...transport,
      id: journey.id,
      ...(only !== undefined && others.length === 0 ? { for: only.rcptTo } : {}),
      now: clock.now(),
    })
  }

  async #takeOver(
    { content, header, facts }: TakenLetter,
    made: { readonly prefix: Uint8Array; readonly omit: NewMessage['omit'] },
  ): Promise<Verdict> {
    const { post, directory } = this.#options
    const { journey, mailFrom, parameters, sendAt } = this.#envelope
    const tls = tlsRequest(parameters, header)
    const placed = post.place({
      ...made,
      id: journey.id,
      reversePath: mailFrom,
      content,
      recipients: this.#recipients.map(({ rcptTo, wishes, to }): MailRecipient => {
        return { address: rcptTo, to, dsn: { ...dsnRequest(parameters, wishes), ...tls } }
      }),
      role: 'inbox',
      eightBit: facts.eightBit,
      utf8: needsUtf8(parameters, header),
      marks: directory.marks,
      sendAt,
      ...(this.#account === undefined ? {} : { account: this.#account }),
    })
    const also = await successReport(this.#options, {
      envelope: this.#envelope,
      recipients: this.#recipients,
      header,
    })
    return {
      type: 'taken',
      status: placed.queued ? 'queued' : 'delivered',
      reply: placed.queued ? replies.queued : replies.filed,
      because: [],
      placed,
      ...(also === undefined ? {} : { also }),
    }
  }
}

/** The letter of somebody who is known, if they may write in the name of its sender as it is now. */
export function submittedLetter(
  options: SubmittedOptions,
  envelope: Envelope,
  { identities, ...by }: Sender,
): Letter | { readonly refusal: Reply } {
  if (identities === undefined) return { refusal: replies.loginOver }
  const { reversePath, mailFrom } = envelope
  const own = reversePath.type === 'null' || identities.covers(reversePath.mailbox)
  if (!own) return { refusal: notYours(mailFrom, by.name) }
  return new SubmittedLetter(options, envelope, { ...by, identities })
}

/** What is wrong is in the message itself. */
function refused(reply: Reply): Verdict {
  return { type: 'refused', reply, because: ['message'] }
}
