import { domainOf, parseMailbox } from '../address/mailbox.ts'
import { concat, octetsOf } from '../base/octets.ts'
import type { Identities } from '../directory/directory.ts'
import { DkimSigner, splitMessage } from '../dkim/dkim.ts'
import { completeSubmission, type Completion } from '../message/completion.ts'
import { type HeaderField, unfoldedValue } from '../message/field.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import { makeMessageId } from '../message/message-id.ts'
import {
  missingEmptyLine,
  postmarkOctets,
  privateFields,
  rewriteHeader,
} from '../message/submitted-header.ts'
import { type NamedSender, namedSenders } from './sender-fields.ts'

/** A header that is being sent: what becomes of it, and the signer that follows the body. */
export interface Outgoing {
  readonly completion: Completion
  /** Follows the body; absent where there is no key for the author's domain. */
  readonly signer: DkimSigner | undefined
  /** The author's domain, for which it is signed when there is a key. */
  readonly domain: string
  readonly keys: readonly { readonly selector: string; readonly algorithm: string }[]
  /** Why it cannot be sent; the first reason there is. */
  readonly problem: OutgoingProblem | undefined
  /** What stands below our own fields in place of the ranges of the content that are left out. */
  readonly rewritten: Uint8Array
  readonly omit: readonly (readonly [start: number, end: number])[]
  /** Names of the fields that were taken out. */
  readonly removed: readonly string[]
  /** Names of the fields whose lines were too long. */
  readonly folded: readonly string[]
  /** The header had no empty line behind it, and has one now. */
  readonly ended: boolean
}

export type OutgoingProblem =
  /** In the name of somebody else. */
  | { readonly type: 'foreign'; readonly field: NamedSender['field']; readonly address: string }
  /** It has this where an address must stand (RFC 5322 §3.4). */
  | { readonly type: 'no-address'; readonly field: NamedSender['field']; readonly found: string }
  /** It has no From, and no sender whose address could be put there (RFC 5322 §3.6). */
  | { readonly type: 'no-author' }
  /** Which of them is meant, only the sender knows (RFC 5322 §3.6). */
  | { readonly type: 'two-authors' }
  /** A line that is too long and cannot be folded; the name of its field, empty when it is none. */
  | { readonly type: 'long-line'; readonly field: string }

/** Completes the header of a submission and begins to sign, as soon as the header is there. */
export function prepareOutgoing(
  header: MessageHeader,
  sender: {
    readonly mailFrom: string
    readonly hostname: string
    readonly identities: Identities
    /** Unix milliseconds. */
    readonly now: number
    readonly random: () => number
  },
): Outgoing {
  const { mailFrom, hostname, identities, now, random } = sender
  const completion = completeSubmission({
    fields: header.fields,
    now,
    offsetMinutes: 0,
    messageId: makeMessageId({
      now,
      random,
      domain: mailFrom === '' ? hostname : domainOf(mailFrom),
    }),
    from: mailFrom === '' ? undefined : mailFrom,
  })
  const hidden = privateFields(header.fields)
  const without = [...completion.replaced, ...hidden]
  const begin = postmarkOctets(header)
  const written = rewriteHeader(header, { without, begin })
  const ending = missingEmptyLine(header.octets)
  const kept = written.type === 'header' ? written : { fields: header.fields, folded: [] }
  const added = splitMessage(octetsOf(completion.prefix)).header.fields
  const fields = [...added, ...kept.fields]
  const senders = namedSenders(fields)
  const author = senders.find(({ field }) => field === 'From')
  const domain = author?.mailbox.host ?? domainOf(mailFrom)
  const keys = identities.signingKeys(domain)
  const signing = { keys, now: Math.floor(now / 1000), header: { fields } }
  // Folding changes octets within fields, so then the whole header is written anew; and nothing can
  // be put behind it otherwise.
  const anew = written.type === 'header' && (written.folded.length > 0 || ending !== '')
  return {
    completion,
    signer: keys.length === 0 ? undefined : new DkimSigner(signing),
    domain,
    keys: keys.map(({ selector, algorithm }) => ({ selector, algorithm: algorithm ?? '' })),
    problem:
      twoAuthors(completion) ??
      foreignSender(senders, identities) ??
      (author === undefined ? noAuthor(fields) : undefined) ??
      (written.type === 'too-long' ? { type: 'long-line', field: written.field } : undefined),
    rewritten: anew ? concat([written.octets, octetsOf(ending)]) : new Uint8Array(0),
    omit: anew ? range(0, header.bodyOffset) : [...range(0, begin), ...rangesOf(without, header)],
    removed: [...(begin > 0 ? ['mbox from line'] : []), ...namesOf(hidden)],
    folded: kept.folded,
    ended: anew && ending !== '',
  }
}

function twoAuthors({ repeated }: Completion): OutgoingProblem | undefined {
  return repeated.includes('from') ? { type: 'two-authors' } : undefined
}

/**
 * Why nobody is its author: nothing would bind what a reader is shown to the login. A From may name
 * nobody and still show a name: `From: Support:;`, `From: (Support)`.
 */
function noAuthor(fields: readonly HeaderField[]): OutgoingProblem {
  const from = fields.find(({ name }) => name === 'from')
  if (from === undefined) return { type: 'no-author' }
  return { type: 'no-address', field: 'From', found: unfoldedValue(from) }
}

/** The first of those in whose name it is sent who is somebody else. */
function foreignSender(
  senders: readonly NamedSender[],
  identities: Identities,
): OutgoingProblem | undefined {
  for (const { field, mailbox } of senders) {
    const address = `${mailbox.localPart}@${mailbox.domain}`
    if (mailbox.localPart === '' || mailbox.domain === '') {
      return { type: 'no-address', field, found: mailbox.localPart }
    }
    const read = parseMailbox(address)
    if (!read.ok || !identities.covers(read.value)) return { type: 'foreign', field, address }
  }
  return undefined
}

function range(start: number, end: number): Outgoing['omit'] {
  return end > start ? [[start, end]] : []
}

/** Where fields stand in the content, in order. */
function rangesOf(
  fields: readonly HeaderField[],
  header: MessageHeader,
): readonly (readonly [start: number, end: number])[] {
  const start = header.octets.byteOffset
  return fields
    .map(({ raw }) => [raw.byteOffset - start, raw.byteOffset - start + raw.length] as const)
    .sort(([a], [b]) => a - b)
}

function namesOf(fields: readonly HeaderField[]): readonly string[] {
  return [...new Set(fields.map(({ name }) => name))]
}
