import { parseDomain } from '../address/domain.ts'
import { domainOf, parseMailbox } from '../address/mailbox.ts'
import type { Clock } from '../base/clock.ts'
import { encodeUtf8 } from '../base/octets.ts'
import { type DkimSigningKey, DkimSigner, splitMessage } from '../dkim/dkim.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import { journeyRow, type RecordOrigin } from '../journey/row.ts'
import { headerTexts } from '../message/header-texts.ts'
import { contentOf } from '../store/ports/contents.ts'
import type { Acceptance, DsnRequest } from '../store/ports/post.ts'
import { record, together, type Mail, type Placed } from './placing.ts'
import type { Whereto } from './whereto.ts'

/** Mail that this server writes itself: a notice to a sender, a report to the owner of a domain. */
export interface OwnMail {
  /** Empty for the null one. */
  readonly reversePath: string
  readonly recipients: readonly string[]
  readonly message: Uint8Array
  /** It is in a form that only SMTPUTF8 may carry (RFC 6533 §4), whatever its header has. */
  readonly utf8?: boolean
  /** What its journey is listed under; the subject of the message when absent. */
  readonly subject?: string
  /** It tells of a letter that asks for TLS on all its way, and so asks for it too. RFC 8689 §5. */
  readonly requireTls?: boolean
  /** What it is, for the journey. */
  readonly because:
    | 'aggregate report'
    | 'failure report'
    | 'TLS report'
    | 'delivery status'
    | 'account held'
}

/** RFC 5321 §4.2.3: what a client would be told of an address of ours that nobody has. */
const noSuchMailbox = {
  code: 550,
  enhanced: '5.1.1',
  text: 'There is no such mailbox here.',
  atCommand: 'RCPT',
} as const

/** RFC 5321 §4.1.1.3: no command could name it. */
const noAddress = {
  code: 553,
  enhanced: '5.1.3',
  text: 'This is no address.',
  atCommand: 'RCPT',
} as const

/** Mail of our own, ready to be put down. */
export interface OwnPosted {
  readonly journeyId: string
  readonly acceptance: Acceptance
}

/**
 * Signs the message with the keys of its author's domain, places it, and writes its journey. One rule
 * for all of our own mail:
 *
 * - it is signed, filed or sent: a reader here may pass it on;
 * - whoever cannot get it is nobody's trouble, so no notice is wanted of it (RFC 3464 §2, RFC 9990 §3.5);
 * - what its octets need on the way is read from its octets.
 */
export async function writeOwnMail(
  mail: OwnMail,
  by: {
    readonly id: string
    readonly clock: Clock
    readonly origin: RecordOrigin
    /** Without a place: an address of ours that nobody has, or a text that is none. */
    readonly recipients: readonly { readonly address: string; readonly to: Whereto | undefined }[]
    readonly signingKeys: (domain: string) => Promise<readonly DkimSigningKey[]>
    readonly place: (mail: Mail) => Placed
  },
): Promise<OwnPosted> {
  const { id, clock, origin } = by
  const { reversePath, message, because } = mail
  const journey = new JourneyBuilder(id, clock)
  const { header, body } = splitMessage(message)
  const texts = headerTexts(header)
  const author = domainOf(texts.author)
  const domain = parseDomain(author) ?? author
  const keys = await by.signingKeys(domain)
  const begin = journey.begin()
  const signer = new DkimSigner({ keys, now: Math.floor(clock.now() / 1000), header })
  signer.push(body)
  const signatures = await signer.finish()
  const named = keys.map(({ selector, algorithm }) => ({ selector, algorithm: algorithm ?? '' }))
  if (keys.length === 0) journey.step({ type: 'unsigned', domain })
  else journey.step({ type: 'signed', domain, keys: named }, begin)
  // RFC 8460 §5.3.1: what a report tells of must not keep the report back.
  const waived = because === 'TLS report' ? ({ tls: 'waived' } as const) : {}
  const tls = mail.requireTls === true ? ({ tls: 'required' } as const) : waived
  const dsn: DsnRequest = { notify: ['never'], ...tls }
  const reached = by.recipients.flatMap(({ address, to }) => {
    if (to !== undefined) return [{ address, to, dsn }] as const
    const answer = parseMailbox(address).ok ? noSuchMailbox : noAddress
    journey.step({ type: 'recipient', rcptTo: address, to: 'refused', answer })
    return []
  })
  const mailOf = (): Mail => ({
    id,
    reversePath,
    content: contentOf(message),
    prefix: encodeUtf8(signatures.join('')),
    omit: [],
    recipients: reached,
    role: 'inbox',
    eightBit: message.some(isHigh),
    utf8: mail.utf8 === true || header.octets.some(isHigh),
  })
  const placed = reached.length === 0 ? undefined : by.place(mailOf())
  for (const step of placed?.steps ?? []) journey.step(step)
  const row = journeyRow(journey, {
    ...origin,
    direction: 'out',
    envelope: { ip: '', helo: '', mailFrom: reversePath, rcptTo: mail.recipients },
    outcome: { status: 'created', because: [because] },
    replay: undefined,
    ...texts,
    ...(mail.subject === undefined ? {} : { subject: mail.subject }),
    messageId: placed === undefined ? undefined : id,
  })
  const parts = placed === undefined ? [] : [placed.acceptance]
  return { journeyId: id, acceptance: together([...parts, record(row)]) }
}

function isHigh(octet: number): boolean {
  return octet > 0x7f
}
