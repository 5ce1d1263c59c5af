/**
 * A reply: to be sent, or as it was received. RFC 5321 §4.2, RFC 2034.
 */
export interface Reply {
  /** 200 to 599. */
  readonly code: number
  /**
   * `2.1.5`, class as in `code`. `null` where RFC 2034 §4 wants none (greeting, EHLO and HELO, 3xx)
   * and where a peer sent none.
   */
  readonly enhanced: string | null
  /** Text lines without code and enhanced code; at least one, maybe empty. */
  readonly lines: readonly string[]
}
