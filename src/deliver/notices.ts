import { domainOf, parseMailbox } from '../address/mailbox.ts'
import { concat } from '../base/octets.ts'
import type { Clock } from '../base/clock.ts'
import { type Directory, leadOf } from '../directory/directory.ts'
import { meaningOf } from '../answers/kinds.ts'
import { tell } from '../journey/catalogue.ts'
import { ended } from '../journey/sentence.ts'
import { readRecord } from '../journey/record.ts'
import type { DeliveryStep } from '../journey/delivery-steps.ts'
import type { Step } from '../journey/steps.ts'
import type { Post } from '../post/post.ts'
import { endsHere } from '../post/wishes-behind.ts'
import { notificationFor } from '../report/dsn.ts'
import type { DsnRecipient } from '../report/dsn-input.ts'
import { maxReturnedOctets } from '../report/returned-message.ts'
import { isSocketPath } from '../route/next-hop.ts'
import type { JourneyPort } from '../store/ports/journeys.ts'
import type { OpenMessage } from '../store/ports/contents.ts'
import type { Acceptance } from '../store/ports/post.ts'
import { type Messages, originalRecipient } from './attempt.ts'
import type { Decided } from './decided.ts'

/** A notice to a sender, or why there is none though something failed. */
export interface Notice {
  readonly step: DeliveryStep
  /** Absent: nobody is told. */
  readonly acceptance: Acceptance | undefined
}

export interface NoticesOptions {
  readonly hostname: string
  /** Whether a sender lives here, and so has a postmaster here. */
  readonly directory: Pick<Directory, 'lead'>
  /** Makes notices ready to be put down. */
  readonly post: Pick<Post, 'own'>
  readonly messages: Messages
  /** Whose records say what senders were told before. */
  readonly journeys: Pick<JourneyPort, 'find'>
  readonly clock: Clock
  /** Numbers in [0, 1). */
  readonly random: () => number
}

/** Makes the delivery status notifications to senders. */
export class Notices {
  readonly #options: NoticesOptions

  constructor(options: NoticesOptions) {
    this.#options = options
  }

  /**
   * The notice for the recipients of one message that are settled together; `undefined` when there is
   * nothing to tell or nobody to tell it to.
   *
   * @param steps what happened to all of them together, for the notice to tell
   */
  async about(decided: readonly Decided[], steps: readonly Step[]): Promise<Notice | undefined> {
    const { hostname, clock, random, post, messages } = this.#options
    const [first] = decided
    if (first === undefined) return undefined
    const { item } = first.attempt
    const knowing = await this.#knowOfDelay(decided)
    const toTell = decided.filter((one) => {
      const { attempt, outcome } = one
      return isTold(one) && !(outcome.type === 'deferred' && knowing.has(attempt.item.recipient))
    })
    // Most letters are delivered, and nobody asked to be told: no sentence is made for them.
    if (toTell.length === 0) return undefined
    const sentences = steps.flatMap(tell).map(({ question, answer }) => `${question} ${answer}`)
    const recipients = toTell.flatMap((one) => recipientsOf(one, sentences, clock.now()))
    // RFC 8689 §5: the rest of such a letter is not sent back, whatever RET says.
    const requireTls = decided.some(({ attempt }) => attempt.item.dsn.tls === 'required')
    const readerPath = await this.#readerPath(item.reversePath)
    const reader = await this.#reader(readerPath)
    const notification = notificationFor({
      reversePath: readerPath,
      goesOn: reader.goesOn,
      smtpUtf8: decided.some(({ attempt }) => attempt.item.smtpUtf8),
      ...(requireTls
        ? { ret: 'headers' }
        : item.dsn.ret === undefined
          ? {}
          : { ret: item.dsn.ret }),
      ...(item.dsn.envelopeId === undefined ? {} : { envelopeId: item.dsn.envelopeId }),
      reference: item.journeyId,
      arrivedAt: item.createdAt,
      original: await beginning(await messages.open(item.messageId)),
      recipients,
      reporter: { hostname, postmaster: reader.postmaster },
      now: clock.now(),
      random,
    })
    if (notification.type === 'none') {
      const failed = recipients.some(({ action }) => action === 'failed')
      // Silence about what nobody asked to be told is not worth a line.
      if (!failed) return undefined
      const about = Array.from(new Set(recipients.map(({ address }) => address)))
      const { unproven = false } = item.dsn
      const why = unproven && item.reversePath !== '' ? 'unproven-sender' : notification.because
      const step = { type: 'not-notified', why, recipients: about } as const
      return { acceptance: undefined, step }
    }
    const { to, message, smtpUtf8: utf8 } = notification
    const about = Array.from(new Set(notification.about))
    const because = 'delivery status'
    const mail = { reversePath: '', recipients: [to], message, utf8, requireTls, because } as const
    const { journeyId: journey, acceptance } = await post.own(mail)
    const kinds = recipients.filter(({ address }) => about.includes(address)).map(kindOf)
    const worst = (['failure', 'delay', 'success'] as const).find((kind) => kinds.includes(kind))
    const told = { about: worst ?? 'failure', to, journey, recipients: about } as const
    return { acceptance, step: { type: 'notified', ...told } }
  }

  /**
   * The recipients of whose delay the sender was told before. That is so when somebody has had a
   * letter tried out of turn: the schedule alone remembers nothing.
   */
  async #knowOfDelay(decided: readonly Decided[]): Promise<ReadonlySet<string>> {
    const told = new Set<string>()
    const late = decided.filter(({ warn }) => warn).map(({ attempt }) => attempt.item)
    for (const id of new Set(late.map(({ journeyId }) => journeyId))) {
      const found = await this.#options.journeys.find(id)
      if (found.type !== 'found') continue
      const { steps } = readRecord(found.journey.json, found.journey.appended)
      for (const step of steps) {
        if (step.type !== 'notified' || step.about !== 'delay') continue
        const all = late.map(({ recipient }) => recipient)
        for (const recipient of step.recipients ?? all) told.add(recipient)
      }
    }
    return told
  }

  /**
   * Who is told. Where the reverse-path cannot be written, the postmaster of its domain if that is ours:
   * somebody must hear of a letter that is lost.
   */
  async #readerPath(address: string): Promise<string> {
    if (address === '' || parseMailbox(address).ok) return address
    const postmaster = `postmaster@${domainOf(address)}`
    const lead = await leadOf(this.#options.directory, postmaster)
    return lead.type === 'mailbox' || lead.type === 'forward' ? postmaster : ''
  }

  /** Who is to write to for the reader: in their own domain, where they live here, else this server. */
  async #reader(
    address: string,
  ): Promise<{ readonly postmaster: string; readonly goesOn: boolean }> {
    const { directory, hostname } = this.#options
    const lead = await leadOf(directory, address)
    const domain = lead.type === 'mailbox' ? domainOf(address) : hostname
    return { postmaster: `postmaster@${domain}`, goesOn: lead.type === 'nobody' || !endsHere(lead) }
  }
}

function kindOf({ action }: DsnRecipient): 'failure' | 'delay' | 'success' {
  return action === 'failed' ? 'failure' : action === 'delayed' ? 'delay' : 'success'
}

/** Whether its sender hears of it, as far as they want to. */
function isTold({ attempt, outcome, warn }: Decided): boolean {
  if (outcome.type !== 'delivered') return outcome.type === 'failed' || warn
  const { item, result } = attempt
  // RFC 3461 §5.2.2: who knows DSN tells of it. Else the promise ends here: `relayed`, or `delivered`.
  const handedOn = result.result === 'delivered' && result.dsn
  return !handedOn && item.dsn.notify?.includes('success') === true
}

/** One copy may serve several addresses of RCPT, and each of them is told. */
function recipientsOf(
  decided: Decided,
  steps: readonly string[],
  now: number,
): readonly DsnRecipient[] {
  const recipient = recipientOf(decided, steps, now)
  const { alsoRcptTo = [] } = decided.attempt.item.dsn
  return [recipient, ...alsoRcptTo.map((rcptTo) => ({ ...recipient, rcptTo }))]
}

function recipientOf(
  { attempt, outcome, status, because: problem, reading }: Decided,
  steps: readonly string[],
  now: number,
): DsnRecipient {
  const { item, result, host, ip } = attempt
  const reply = result.outcome?.reply ?? null
  const original = originalRecipient(item)
  // What the server said stands below; here is what it means.
  const known = reply !== null && reading !== undefined && reading.kind !== 'unknown'
  const because = known ? `${ended(problem)} ${meaningOf(reading)}` : problem
  const common = {
    address: item.recipient,
    ...(item.dsn.rcptTo === undefined ? {} : { rcptTo: item.dsn.rcptTo }),
    ...(original === null ? {} : { originalRecipient: original }),
    ...(item.dsn.notify === undefined ? {} : { notify: item.dsn.notify }),
    // RFC 3464 §2.3.5: a socket of this machine is no other server.
    ...(host === '' || isSocketPath(host) ? {} : { remote: { name: host, ip } }),
    ...(reply === null ? {} : { reply }),
    steps,
    lastAttemptAt: now,
  }
  switch (outcome.type) {
    case 'deferred':
      return { ...common, action: 'delayed', status, because, willRetryUntil: item.expiresAt }
    case 'failed':
      return { ...common, action: 'failed', status, because }
    case 'delivered': {
      // RFC 3461 §5.2.3: who speaks LMTP has put it where it is read; there is no further way.
      const { outcome: taken } = result
      const overLmtp = taken?.result === 'accepted' && taken.filed === true
      const filed = attempt.filing !== undefined || overLmtp
      const because = filed ? 'It is in the mailbox.' : `${host} took the message.`
      return { ...common, action: filed ? 'delivered' : 'relayed', status: '2.0.0', because }
    }
  }
}

async function beginning(
  message: OpenMessage | undefined,
): Promise<{ readonly octets: Uint8Array; readonly complete: boolean }> {
  if (message === undefined) return { octets: new Uint8Array(0), complete: false }
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of message.chunks()) {
      chunks.push(chunk)
      length += chunk.length
      if (length > maxReturnedOctets) break
    }
  } catch {
    // The sender must hear of the failure, whether the store still has all of the message or not.
    return { octets: concat(chunks), complete: false }
  }
  return { octets: concat(chunks), complete: length === message.size }
}
