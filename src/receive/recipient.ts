import { formatMailbox } from '../address/mailbox.ts'
import type { ForwardPath } from '../address/path.ts'
import { andThen, type Soon } from '../base/result.ts'
import type { Directory, Lead } from '../directory/directory.ts'
import { rawValue } from '../message/field.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import type { MailParameters, RcptParameters } from '../smtp/parameters.ts'
import type { Reply } from '../smtp/reply.ts'
import type { DsnRequest } from '../store/ports/post.ts'
import { replies } from './replies.ts'

/** Who asks for a recipient: a stranger on port 25, or a user of ours. */
export interface AskedFor {
  readonly path: ForwardPath
  readonly by: 'stranger' | 'user'
  readonly ip: string
  /** Empty for the null reverse-path. */
  readonly mailFrom: string
}

/** Who has a word about recipients beside the directory; `policy` greylists so. */
export interface RecipientAdmission {
  /** Why a recipient that could be taken is not taken, or not now; `undefined` when it is. */
  refusal(asked: AskedFor, lead: TakenLead): Soon<Reply | undefined>
  /** Stands behind the words of a refusal: whom there is to write to, where that is no secret. */
  readonly hint?: string
  /**
   * Of what strangers write there is nothing to say, so nobody has to ask; but for addresses of ours
   * that only another server knows.
   */
  readonly onlyUsers?: true
}

/** Where the mail of a recipient that is taken goes. */
export type TakenLead = Exclude<Lead, { readonly type: 'nobody' }>

export type RecipientAnswer = TakenLead | { readonly type: 'refused'; readonly reply: Reply }

/**
 * Whether a recipient is taken, and where its mail goes then. The one place that says who may write
 * to whom: strangers to people of ours alone (RFC 5321 §7.9: never a relay), users to everybody.
 */
export function recipientFor(
  asked: AskedFor,
  by: {
    readonly directory: Pick<Directory, 'lead'>
    readonly admission?: RecipientAdmission | undefined
  },
): Soon<RecipientAnswer> {
  const { directory, admission } = by
  return andThen(directory.lead(asked.path), (lead): Soon<RecipientAnswer> => {
    if (lead.type === 'nobody') return refused(replies.noSuchMailbox, admission)
    const unknown = lead.type === 'remote' && lead.unknown === true
    if (lead.type === 'remote' && !unknown && asked.by === 'stranger') {
      return refused(replies.noRelaying, admission)
    }
    // A rewritten reverse-path takes reports back and nothing else: it is no address to write to.
    if (lead.type === 'forward' && lead.of === 'bounce' && asked.mailFrom !== '') {
      return refused(replies.noSuchMailbox, admission)
    }
    if (admission === undefined) {
      // Whoever takes it without asking would have to send a report to a stranger.
      return unknown ? refused(replies.noSuchMailbox, admission) : lead
    }
    if (admission.onlyUsers === true && asked.by === 'stranger' && !unknown) return lead
    return andThen(admission.refusal(asked, lead), (reply): RecipientAnswer => {
      return reply === undefined ? lead : { type: 'refused', reply }
    })
  })
}

/** The recipient as it stands in records: as it was given, without brackets. */
export function recipientText(path: ForwardPath): string {
  return path.type === 'postmaster' ? 'postmaster' : formatMailbox(path.mailbox)
}

function refused(reply: Reply, admission: RecipientAdmission | undefined): RecipientAnswer {
  const { hint } = admission ?? {}
  if (hint === undefined) return { type: 'refused', reply }
  const [words = ''] = reply.lines
  return { type: 'refused', reply: { ...reply, lines: [`${words} ${hint}`] } }
}

/** A recipient that was taken, where it leads, and what its sender wants to hear of it. */
export interface WishingRecipient {
  readonly rcptTo: string
  readonly wishes: RcptParameters
  readonly to: TakenLead
}

/**
 * Whether the header needs SMTPUTF8 on its way. Many programs say it wherever it is offered, and
 * servers without it would then refuse what they could take (RFC 6531 §3.4).
 */
export function needsUtf8({ smtpUtf8 }: MailParameters, { octets }: MessageHeader): boolean {
  return smtpUtf8 && octets.some((octet) => octet > 0x7f)
}

/**
 * What a letter asks of TLS on its further way: REQUIRETLS of its MAIL command, or else the field
 * `TLS-Required: No`, which must be there once. RFC 8689 §4.1.
 */
export function tlsRequest(
  { requireTls }: MailParameters,
  { fields }: MessageHeader,
): Pick<DsnRequest, 'tls'> {
  if (requireTls) return { tls: 'required' }
  const said = fields.filter(({ name }) => name === 'tls-required')
  const [only] = said
  const waived = only !== undefined && said.length === 1 && /^\s*no\s*$/i.test(rawValue(only))
  return waived ? { tls: 'waived' } : {}
}

/** What a client wants to be told of one recipient (RFC 3461 §4), as the queue keeps it. */
export function dsnRequest(mail: MailParameters, rcpt: RcptParameters): DsnRequest {
  const lower = { NEVER: 'never', SUCCESS: 'success', FAILURE: 'failure', DELAY: 'delay' } as const
  const { orcpt, notify } = rcpt
  return {
    ...(notify === null ? {} : { notify: notify.map((when) => lower[when]) }),
    ...(mail.ret === null ? {} : { ret: mail.ret === 'FULL' ? 'full' : 'headers' }),
    ...(mail.envid === null ? {} : { envelopeId: mail.envid }),
    ...(orcpt === null ? {} : { originalRecipient: `${orcpt.addressType};${orcpt.address}` }),
  }
}
