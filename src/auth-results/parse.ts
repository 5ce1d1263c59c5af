import { ResultScanner } from './scanner.ts'

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

/** What an Authentication-Results field says. Plain data. */
export interface ParsedAuthenticationResults {
  /** As it stands, unquoted; empty when there is none. */
  readonly authservId: string
  /** 1 when none is given; `null` when what is given is not a number. */
  readonly version: number | null
  /** Methods and results in lower case. Empty for `none`. */
  readonly results: readonly MethodResult[]
  /** The first twenty. */
  readonly problems: readonly AuthenticationResultsProblem[]
}

/** Where the grammar of RFC 8601 §2.2 was left; `at` counts in the value. */
export interface AuthenticationResultsProblem {
  readonly type: 'no-authserv-id' | 'unreadable-statement' | 'stray-text' | 'too-many-statements'
  readonly at: number
}

/** More statements, or properties of one, are dropped. */
const maxResults = 200
const maxProperties = 50
const maxProblems = 20

/**
 * Reads the value of an Authentication-Results field, folded or not. RFC 8601 §2.2.
 *
 * Never fails: a statement that cannot be read is passed over and named. Unquoted values may hold
 * what only quoted ones should (`header.b=a/b+c=`), because they often do. Whether to believe the
 * field is another question: see `claimsToBe`.
 */
export function parseAuthenticationResults(value: string): ParsedAuthenticationResults {
  const reader = new FieldReader(value)
  return reader.read()
}

class FieldReader {
  readonly #scan: ResultScanner
  readonly #problems: AuthenticationResultsProblem[] = []

  constructor(value: string) {
    this.#scan = new ResultScanner(value)
  }

  read(): ParsedAuthenticationResults {
    const { authservId, version } = this.#head()
    const results: MethodResult[] = []
    const scan = this.#scan
    while (scan.take(';') || (results.length === 0 && authservId === '' && !scan.ended)) {
      if (results.length >= maxResults) {
        this.#problem('too-many-statements')
        break
      }
      const result = this.#statement()
      if (result !== undefined) results.push(result)
      scan.skipStatement()
    }
    return { authservId, version, results, problems: this.#problems }
  }

  #head(): { authservId: string; version: number | null } {
    const scan = this.#scan
    scan.skipSpace()
    const at = scan.at
    const isQuoted = scan.is('"')
    const authservId = scan.value()
    // Some senders forget their name and begin with the first statement.
    if (authservId === '' || (!isQuoted && authservId.includes('='))) {
      this.#problem('no-authserv-id', at)
      scan.at = at
      return { authservId: '', version: 1 }
    }
    scan.skipSpace()
    const word = scan.value()
    scan.skipSpace()
    if (!scan.ended && !scan.is(';')) this.#problem('stray-text')
    scan.skipStatement()
    const version = /^[0-9]{1,9}$/.test(word) ? Number(word) : null
    return { authservId, version: word === '' ? 1 : version }
  }

  /** `method[/version]=result` and what follows; `undefined` for `none` and for what is unreadable. */
  #statement(): MethodResult | undefined {
    const scan = this.#scan
    scan.comment = ''
    scan.skipSpace()
    const at = scan.at
    if (scan.ended) return undefined
    const method = scan.word().toLowerCase()
    scan.skipSpace()
    const versioned = scan.take('/')
    const version = versioned ? this.#number() : undefined
    scan.skipSpace()
    if (method === 'none' && (scan.ended || scan.is(';'))) return undefined
    // A version that cannot be read is none that anybody knows.
    const usable = method !== '' && versioned === (version !== undefined)
    const hasResult = usable && scan.take('=')
    scan.skipSpace()
    const result = hasResult ? scan.word().toLowerCase() : ''
    if (result === '') {
      this.#problem('unreadable-statement', at)
      return undefined
    }
    const { reason, properties } = this.#details()
    return {
      method,
      ...(version !== undefined && { version }),
      result,
      ...(reason !== undefined && { reason }),
      ...(scan.comment !== '' && { comment: scan.comment }),
      properties,
    }
  }

  #details(): { reason: string | undefined; properties: readonly ResultProperty[] } {
    const scan = this.#scan
    const properties: ResultProperty[] = []
    let reason: string | undefined
    for (;;) {
      scan.skipSpace()
      if (scan.ended || scan.is(';')) return { reason, properties }
      const at = scan.at
      const ptype = scan.word().toLowerCase()
      scan.skipSpace()
      const property = scan.take('.') ? this.#property() : undefined
      scan.skipSpace()
      const value = ptype !== '' && scan.take('=') ? this.#value() : undefined
      if (value === undefined) {
        this.#problem('stray-text', at)
        // Something is always passed over, so that the end comes nearer.
        if (scan.at === at) scan.at++
      } else if (property === undefined && ptype === 'reason') {
        reason ??= value
      } else if (property !== undefined && properties.length < maxProperties) {
        properties.push({ ptype, property, value })
      }
    }
  }

  #property(): string {
    this.#scan.skipSpace()
    return this.#scan.word().toLowerCase()
  }

  #value(): string {
    this.#scan.skipSpace()
    return this.#scan.value()
  }

  #number(): number | undefined {
    this.#scan.skipSpace()
    const word = this.#scan.word()
    return /^[0-9]{1,9}$/.test(word) ? Number(word) : undefined
  }

  #problem(type: AuthenticationResultsProblem['type'], at: number = this.#scan.at): void {
    if (this.#problems.length < maxProblems) this.#problems.push({ type, at })
  }
}
