import { domainOf } from '../address/mailbox.ts'
import { parseForwardPath, parseReversePath } from '../address/path.ts'
import { concat, encodeUtf8, isAscii } from '../base/octets.ts'
import { ownEnvelopeId, type ReturnMarks, verpAddress } from '../forwarding/return-marks.ts'
import { mailboxName, type MailboxRole } from '../journey/recipients.ts'
import type { StepData } from '../journey/steps.ts'
import { returnPath } from '../message/received.ts'
import type {
  Acceptance,
  DsnRequest,
  LaterSteps,
  NewContent,
  NewJourney,
  NewMailboxItem,
  NewMessage,
  NewQueueItem,
} from '../store/ports/post.ts'
import { joined, type WayOut } from './way-out.ts'
import type { Whereto } from './whereto.ts'
import { ownerOf, wishesBehind } from './wishes-behind.ts'

const nothing: Acceptance = { queue: [], mailbox: [], journeys: [] }

/** A journey alone: nobody gets a letter. */
export function record(journey: NewJourney): Acceptance {
  return { ...nothing, journeys: [journey] }
}

/** What is told of letters that were put down before. */
export function later(steps: LaterSteps): Acceptance {
  return { ...nothing, laterSteps: [steps] }
}

/** The octets of a letter that was not taken, beside its journey: its replay needs them. */
export function keptForReplay(id: string, content: NewContent): Acceptance {
  return { ...nothing, message: { id, content, prefix: new Uint8Array(0), omit: [] } }
}

/** All of these as one, which is put down wholly or not at all. */
export function together(parts: readonly Acceptance[]): Acceptance {
  const [message, ...moreMessages] = parts.flatMap(messagesOf)
  const laterSteps = parts.flatMap((part) => part.laterSteps ?? [])
  const [receipt] = parts.flatMap((part) => part.receipt ?? [])
  const register = parts.flatMap((part) => part.register ?? [])
  return {
    ...(message === undefined ? {} : { message }),
    ...(moreMessages.length === 0 ? {} : { moreMessages }),
    queue: parts.flatMap(({ queue }) => queue),
    mailbox: parts.flatMap(({ mailbox }) => mailbox),
    journeys: parts.flatMap(({ journeys }) => journeys),
    ...(laterSteps.length === 0 ? {} : { laterSteps }),
    ...(receipt === undefined ? {} : { receipt }),
    ...(register.length === 0 ? {} : { register }),
  }
}

function messagesOf({ message, moreMessages = [] }: Acceptance): readonly NewMessage[] {
  return message === undefined ? moreMessages : [message, ...moreMessages]
}

/** A letter that is taken, whoever wrote it. */
export interface Mail {
  /** Of its journey and of its message. */
  readonly id: string
  /** Empty for the null one. */
  readonly reversePath: string
  readonly content: NewContent
  /** Our own fields above the content; without Return-Path, which is added to what is filed. */
  readonly prefix: Uint8Array
  readonly omit: NewMessage['omit']
  readonly recipients: readonly MailRecipient[]
  /** The mailbox of those who live here. */
  readonly role: MailboxRole
  /** It has octets over 127. */
  readonly eightBit: boolean
  /** Its header has them, or it is in a form that only SMTPUTF8 may carry (RFC 6531 §3.4). */
  readonly utf8: boolean
  /** The account that sends it; absent: none does. */
  readonly account?: string
  /** What its copies leave with, for what comes back. Absent: nothing. */
  readonly marks?: ReturnMarks | undefined
  /**
   * Nobody gets it before, Unix milliseconds: until then it waits in the queue, for mailboxes here as
   * for other servers, and the time in which it is tried begins then. Absent, or past: at once.
   */
  readonly sendAt?: number | undefined
  /**
   * How it is handed on where a recipient leads to other servers; `nowhere`: it is not. Absent: as it
   * is, which is right for letters of our own people.
   */
  readonly forwarding?: Forwarding | 'nowhere'
}

/** What differs in what is handed on. */
export interface Forwarding {
  readonly reversePath: string
}

/** A recipient that was taken. */
export interface MailRecipient {
  /** As it was given, without brackets. */
  readonly address: string
  readonly to: Whereto
  readonly dsn: DsnRequest
  /** Header fields that stand above what goes on to other servers for this recipient, and for no other. */
  readonly above?: string
}

/** What becomes of a letter: an acceptance, and the steps that tell of it. */
export interface Placed {
  readonly acceptance: Acceptance
  readonly steps: readonly StepData[]
  /** Some of it goes to other servers, or waits for its time. */
  readonly queued: boolean
}

export interface Placing {
  /** Unix milliseconds. */
  readonly now: number
  readonly newId: () => string
  /** How long it waits in the queue before it is given up. */
  readonly queueMs: number
}

/**
 * Says for each recipient whether the letter is filed here or queued for another server, and makes of
 * it what is put down. The one place that does, for letters of strangers, of users and of our own.
 *
 * What is filed begins with Return-Path, what is sent must not (RFC 5321 §4.4): where there is both,
 * there are two messages over one content. Copies that differ in their sender or in what stands above
 * them are messages of their own, too. However many addresses lead to an account, or to one address
 * elsewhere with the same wishes, it gets one copy.
 *
 * @throws Error when an envelope cannot be written: nothing is queued that could not be sent
 */
export function place(mail: Mail, placing: Placing): Placed {
  const { id, content, omit } = mail
  const sendAt = mail.sendAt !== undefined && mail.sendAt > placing.now ? mail.sendAt : undefined
  const role = sendAt === undefined ? undefined : mail.role
  const ways = joined(mail.recipients.flatMap((one) => waysOut(one, mail, role)))
  const filed = sendAt === undefined ? filedSteps(mail) : []
  const goes = ways.some(({ dsn }) => dsn.filedIn === undefined)
  const stays = filed.length > 0 || ways.some(({ dsn }) => dsn.filedIn !== undefined)
  const filedId = goes && stays ? placing.newId() : id
  const sent = new Map<string, NewMessage>()
  const queue = ways.map((way) => {
    const { above, reversePath = mail.reversePath } = way
    const key = `${reversePath} ${above}`
    if (way.dsn.filedIn === undefined && !sent.has(key)) {
      const prefix = above === '' ? mail.prefix : concat([encodeUtf8(above), mail.prefix])
      sent.set(key, { id: sent.size === 0 ? id : placing.newId(), content, prefix, omit })
    }
    const messageId = way.dsn.filedIn === undefined ? (sent.get(key)?.id ?? id) : filedId
    return queueItem(mail, { ...way, messageId, sendAt }, placing)
  })
  const prefix = concat([encodeUtf8(returnPath(mail.reversePath)), mail.prefix])
  const messages: NewMessage[] = Array.from(sent.values())
  if (stays) messages.push({ id: filedId, content, prefix, omit })
  const [message, ...moreMessages] = messages
  if (message === undefined) throw new Error('place: a letter that goes nowhere')
  const mailbox = filed.map(({ account }): NewMailboxItem => {
    return { account, role: mail.role, messageId: filedId, journeyId: id, receivedAt: placing.now }
  })
  return {
    acceptance: { message, moreMessages, queue, mailbox, journeys: [] },
    steps: [...filed, ...queue.map(queuedStep)],
    queued: queue.length > 0,
  }
}

/** @param filedIn who lives here waits, too, and is filed there; `undefined`: nothing of it waits */
function waysOut(
  { address, to, dsn, above = '' }: MailRecipient,
  { forwarding, reversePath }: Mail,
  filedIn: MailboxRole | undefined,
): readonly WayOut[] {
  if (to.type === 'remote') {
    const { recipient, destination } = to
    return [{ recipient, destination, dsn, once: false, above: '' }]
  }
  const wishes = wishesBehind(dsn, to)
  const wayTo = (recipient: string): Omit<WayOut, 'once' | 'above'> => {
    const led = recipient !== address && !(to.type === 'forward' && to.of === 'bounce')
    const destination = domainOf(recipient)
    return { recipient, destination, dsn: led ? { ...wishes, rcptTo: address } : wishes }
  }
  const elsewhere = to.accounts.flatMap(({ address: account, handedOn }): readonly WayOut[] => {
    const way = { ...wayTo(account), once: true, above: '' }
    if (handedOn === true) return [way]
    return filedIn === undefined ? [] : [{ ...way, dsn: { ...way.dsn, filedIn } }]
  })
  if (to.type === 'mailbox' || forwarding === 'nowhere') return elsewhere
  const onward = to.to.map((recipient): WayOut => {
    const way = { ...wayTo(recipient), once: false, above, ...forwarding }
    const owner = ownerOf(to, recipient)
    if (owner === undefined) return way
    // The owner hears of it, whatever the sender asked: it is their copy. Of a report nobody does.
    const wishes = { rcptTo: address, ...(dsn.tls === undefined ? {} : { tls: dsn.tls }) }
    return { ...way, dsn: wishes, reversePath: reversePath === '' ? '' : owner }
  })
  return [...elsewhere, ...onward]
}

/** A way out with what the copy is made of. */
interface Copy extends WayOut {
  readonly messageId: string
  readonly sendAt: number | undefined
}

function queueItem(
  mail: Mail,
  { recipient, destination, dsn, reversePath = mail.reversePath, messageId, sendAt }: Copy,
  { now, newId, queueMs }: Placing,
): NewQueueItem {
  const { id, eightBit, utf8, account } = mail
  const own = dsn.filedIn === undefined && reversePath === mail.reversePath
  const marked = own ? { ...dsn, ...marksOf(mail, recipient) } : dsn
  if (dsn.filedIn === undefined) mustBeSayable(marked.returnPath ?? reversePath, recipient)
  return {
    id: newId(),
    messageId,
    journeyId: id,
    reversePath,
    recipient,
    destination,
    // RFC 6531 §3.4: for a header or an address that is not ASCII. Servers without SMTPUTF8 would
    // refuse what they could take.
    smtpUtf8: utf8 || !isAscii(recipient) || !isAscii(reversePath),
    eightBit,
    dsn: marked,
    createdAt: now,
    nextAttemptAt: now,
    expiresAt: (sendAt ?? now) + queueMs,
    ...(sendAt === undefined ? {} : { notBefore: sendAt }),
    ...(account === undefined ? {} : { account }),
  }
}

/**
 * What waits must be able to go: an envelope that no command can carry would wait for nothing, and who
 * is told here still has the letter.
 */
function mustBeSayable(reversePath: string, recipient: string): void {
  const from = parseReversePath(`<${reversePath}>`)
  if (!from.ok) throw new Error(`place: the sender <${reversePath}>: ${from.problem}`)
  const to = parseForwardPath(`<${recipient}>`)
  if (!to.ok) throw new Error(`place: the recipient <${recipient}>: ${to.problem}`)
}

/** RFC 3461 §5.2.1 (a) keeps an ENVID that was given, and who only relays from adding one. */
function marksOf(
  { id: letter, reversePath: sender, marks }: Mail,
  recipient: string,
): Pick<DsnRequest, 'returnPath' | 'ownEnvelopeId'> {
  if (marks === undefined || sender === '') return {}
  const returnPath = verpAddress({ letter, sender, recipient }, marks)
  return {
    ...(returnPath === undefined ? {} : { returnPath }),
    ...(marks.envelopeId ? { ownEnvelopeId: ownEnvelopeId(letter, marks.secret) } : {}),
  }
}

type Filed = Extract<StepData, { readonly type: 'filed' }>

/** One step for each account, in the order of its first recipient. */
function filedSteps({ recipients, role }: Mail): readonly Filed[] {
  const byAccount = new Map<string, string[]>()
  for (const { address, to } of recipients) {
    if (to.type === 'remote') continue
    for (const account of to.accounts) {
      if (account.handedOn === true) continue
      const before = byAccount.get(account.address)
      if (before === undefined) byAccount.set(account.address, [address])
      else if (!before.includes(address)) before.push(address)
    }
  }
  const mailbox = mailboxName(role)
  return Array.from(byAccount, ([account, [recipient = account, ...alsoFor]]) => {
    const more = alsoFor.length === 0 ? {} : { alsoFor }
    return { type: 'filed', account, mailbox, recipient, ...more }
  })
}

function queuedStep({ recipient, destination, notBefore }: NewQueueItem): StepData {
  const until = notBefore === undefined ? {} : { notBefore }
  return { type: 'queued', recipient, destination, ...until }
}
