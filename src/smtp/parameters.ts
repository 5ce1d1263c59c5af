import type { Mailbox } from '../address/mailbox.ts'

/** What followed the path of MAIL. `null` means: not given. */
export interface MailParameters {
  /** Octets the client expects to send. RFC 1870 §6. */
  readonly size: number | null
  /** RFC 6152 §2, RFC 3030 §3. */
  readonly body: '7BIT' | '8BITMIME' | 'BINARYMIME' | null
  /** RFC 6531 §3.4. */
  readonly smtpUtf8: boolean
  /** How much of the message a failure report returns. RFC 3461 §4.3. */
  readonly ret: 'FULL' | 'HDRS' | null
  /** Envelope identifier, xtext undone. RFC 3461 §4.4. */
  readonly envid: string | null
  /** Who submitted it: `'<>'` for "not known or not trusted". RFC 4954 §5. */
  readonly auth: Mailbox | '<>' | null
}

/** What followed the path of RCPT. `null` means: not given. */
export interface RcptParameters {
  /** Either `['NEVER']` alone or any of the others. RFC 3461 §4.1. */
  readonly notify: readonly NotifyWhen[] | null
  /** The address the sender first meant, encoding undone. RFC 3461 §4.2, RFC 6533 §3. */
  readonly orcpt: OriginalRecipient | null
}

export type NotifyWhen = 'NEVER' | 'SUCCESS' | 'FAILURE' | 'DELAY'

export interface OriginalRecipient {
  /** `rfc822`, `utf-8`, or another registered address type, lower case. */
  readonly addressType: string
  readonly address: string
}
