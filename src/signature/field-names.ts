/** Header fields that are worth signing, in groups and in lower case (RFC 6376 §5.4.1). */

/** What a reader is shown of a letter, and its Message-ID. Each stands once. */
export const letterFields: readonly string[] = [
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'subject',
  'date',
  'message-id',
]

/** The letters that this one answers. Each stands once. */
export const threadFields: readonly string[] = ['in-reply-to', 'references']

/** How the body is to be read. Each stands once. */
export const mimeFields: readonly string[] = [
  'mime-version',
  'content-type',
  'content-transfer-encoding',
]

/** What a TLS report says of itself (RFC 8460 §5.3). */
export const tlsReportFields: readonly string[] = ['tls-report-domain', 'tls-report-submitter']

/** Who sent it again (RFC 5322 §3.6.6): a block for each time. */
export const resentFields: readonly string[] = [
  'resent-date',
  'resent-from',
  'resent-sender',
  'resent-to',
  'resent-cc',
  'resent-message-id',
]

/** What a mailing list says of itself (RFC 2369, RFC 2919); RFC 8058 §4 wants them signed. */
export const listFields: readonly string[] = [
  'list-id',
  'list-help',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'list-subscribe',
  'list-post',
  'list-owner',
  'list-archive',
]
