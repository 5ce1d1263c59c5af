/** What was evaluated: `smtp.mailfrom`, `header.d`, `policy.dmarc`. RFC 8601 §2.3. */
export interface ResultProperty {
  readonly ptype: string
  readonly property: string
  /** The text itself; quoting is not the caller's business. */
  readonly value: string
}

/** One statement: `spf=pass (…) smtp.mailfrom=…`. RFC 8601 §2.2. */
export interface MethodResult {
  /** `spf`, `dkim`, `dmarc`, `arc`, `iprev`, `auth`: a registered keyword. */
  readonly method: string
  /** The version of the method, when it is not 1. */
  readonly version?: number
  readonly result: string
  readonly reason?: string
  /** For people; stands in parentheses behind the result. */
  readonly comment?: string
  readonly properties: readonly ResultProperty[]
}
