import { domainOf, parseMailbox, type Mailbox } from '../address/mailbox.ts'
import { octetsOf } from '../base/octets.ts'
import { DkimSigner, splitMessage } from '../dkim/dkim.ts'
import { completeSubmission, type Completion } from '../message/completion.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import { makeMessageId } from '../message/message-id.ts'
import type { House } from './house.ts'
import { type NamedSender, namedSenders } from './sender-fields.ts'

/** A header that is being sent: what is added to it, and the signer that follows the body. */
export interface Outgoing {
  readonly completion: Completion
  readonly signer: DkimSigner | undefined
  /** The author's domain, for which it is signed when there is a key. */
  readonly domain: string
  readonly keys: readonly { readonly selector: string; readonly algorithm: string }[]
  /** The first of those in whose name it is sent who is somebody else. */
  readonly foreign: { readonly field: NamedSender['field']; readonly address: string } | undefined
}

/** Completes the header of a submission and begins to sign, as soon as the header is there. */
export function prepareOutgoing(
  header: MessageHeader,
  sender: {
    readonly mailFrom: string
    readonly house: Pick<House, 'hostname' | 'signingKeys'>
    /** Unix milliseconds. */
    readonly now: number
    readonly random: () => number
    readonly maySendAs: (mailbox: Mailbox) => boolean
  },
): Outgoing {
  const { mailFrom, house, now, random } = sender
  const completion = completeSubmission({
    fields: header.fields,
    now,
    offsetMinutes: 0,
    messageId: makeMessageId({
      now,
      random,
      domain: mailFrom === '' ? house.hostname : domainOf(mailFrom),
    }),
    from: mailFrom === '' ? undefined : mailFrom,
  })
  const kept = header.fields.filter((field) => !completion.replaced.includes(field))
  const added = splitMessage(octetsOf(completion.prefix)).header.fields
  const fields = [...added, ...kept]
  const senders = namedSenders(fields)
  const author = senders.find(({ field }) => field === 'From')
  const domain = author?.mailbox.host ?? domainOf(mailFrom)
  const keys = house.signingKeys(domain)
  const signing = { keys, now: Math.floor(now / 1000), header: { fields } }
  return {
    completion,
    signer: keys.length === 0 ? undefined : new DkimSigner(signing),
    domain,
    keys: keys.map(({ selector, algorithm }) => ({ selector, algorithm: algorithm ?? '' })),
    foreign: senders
      .map(({ field, mailbox }) => ({ field, address: addressOf(mailbox) }))
      .find(({ address }) => {
        const mailbox = parseMailbox(address)
        return !mailbox.ok || !sender.maySendAs(mailbox.value)
      }),
  }
}

/** The ranges of the content that the completion replaces, in order. */
export function replacedRanges(
  { completion }: Outgoing,
  header: MessageHeader,
): readonly (readonly [start: number, end: number])[] {
  const start = header.octets.byteOffset
  return completion.replaced
    .map(({ raw }) => [raw.byteOffset - start, raw.byteOffset - start + raw.length] as const)
    .sort(([a], [b]) => a - b)
}

function addressOf({ localPart, domain }: NamedSender['mailbox']): string {
  return `${localPart}@${domain}`
}
