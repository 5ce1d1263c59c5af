/** Asks DNS for the keys of signatures, each name once. */

import type { DnsAnswer, DnsFailure, DnssecState, Resolver } from '../dns/resolver.ts'

/** What was asked and what came, as plain data for a verdict. */
export interface KeyAnswer {
  /** `selector._domainkey.domain`. */
  readonly name: string
  readonly answer: 'found' | 'noName' | 'noData' | 'failed'
  readonly failure?: DnsFailure
  readonly dnssec?: DnssecState
  /** How many TXT records there were. */
  readonly records: number
}

/** The name under which a key is published (RFC 6376 §3.6.2.1); both parts as A-labels. */
export function keyName(selector: string, domain: string): string {
  return `${selector}._domainkey.${domain}`
}

/** Look-ups under way. A name that several signatures need is asked once. */
export class KeyLookups {
  readonly #resolver: Resolver
  readonly #asked = new Map<string, Promise<DnsAnswer<string>>>()

  constructor(resolver: Resolver) {
    this.#resolver = resolver
  }

  /** Starts to ask, without waiting. */
  start(name: string): void {
    if (this.#asked.has(name)) return
    const answer = this.#resolver.resolve(name, 'TXT')
    // A resolver that rejects is broken, and whoever takes the answer will hear of it. Until then
    // the rejection must not count as one that nobody looks at.
    answer.catch(() => {})
    this.#asked.set(name, answer)
  }

  async answer(name: string): Promise<DnsAnswer<string>> {
    this.start(name)
    const answer = this.#asked.get(name)
    if (answer === undefined) throw new Error('KeyLookups: a look-up that was started is not there')
    return await answer
  }
}

/** An answer without its records. */
export function describeAnswer(name: string, answer: DnsAnswer<string>): KeyAnswer {
  if (answer.type === 'failed') {
    return { name, answer: answer.type, failure: answer.reason, records: 0 }
  }
  const records = answer.type === 'found' ? answer.records.length : 0
  return { name, answer: answer.type, dnssec: answer.dnssec, records }
}
