import type { MessageHeader } from '../message/header-reader.ts'
import type { MailParameters, RcptParameters } from '../smtp/parameters.ts'
import type { DsnRequest } from '../store/ports/post.ts'
import type { TakenLead } from './recipient.ts'

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
