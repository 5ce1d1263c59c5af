/** What a server offered in its EHLO reply. All false or null after HELO. */
export interface Extensions {
  readonly pipelining: boolean
  readonly eightBitMime: boolean
  readonly smtpUtf8: boolean
  readonly starttls: boolean
  readonly dsn: boolean
  readonly enhancedStatusCodes: boolean
  readonly chunking: boolean
  /** `null`: not offered. 0: offered without a fixed limit. RFC 1870 §4. */
  readonly size: number | null
  /** Mechanism names in upper case. */
  readonly auth: readonly string[]
  /** Every keyword in upper case, with its parameters as sent. */
  readonly all: readonly { readonly keyword: string; readonly parameters: string }[]
}
