import { isAddressLiteral } from '../address/address-literal.ts'
import { parseDomain } from '../address/domain.ts'
import { bad, ok, type Result } from '../base/result.ts'

/** Destinations, and what is said of them. */
export interface RouteEntry<T> {
  /** As `parsePattern` gives them. */
  readonly patterns: readonly string[]
  readonly value: T
}

/**
 * Reads which destinations are meant: `*` all, `*.example.com` every name below that one and not the
 * name itself, `example.com` that name alone. Domains are given back in A-labels and lower case.
 */
export function parsePattern(text: string): Result<string> {
  if (text === '*') return ok(text)
  const below = text.startsWith('*.')
  const domain = parseDomain(below ? text.slice(2) : text)
  if (domain === undefined)
    return bad('is no domain, such as "example.com", "*.example.com" or "*"')
  return ok(below ? `*.${domain}` : domain)
}

/** What is said of destinations, the most precise word first: the name, the nearest `*.`, then `*`. */
export class RouteTable<T> {
  readonly #values = new Map<string, T>()

  /** A pattern that is there twice means what its first entry says. */
  constructor(entries: readonly RouteEntry<T>[]) {
    for (const { patterns, value } of entries) {
      for (const pattern of patterns) {
        if (!this.#values.has(pattern)) this.#values.set(pattern, value)
      }
    }
  }

  /** @param destination a domain as `parseDomain` gives it, or an address literal with its brackets */
  find(destination: string): T | undefined {
    if (isAddressLiteral(destination)) return this.#values.get('*')
    const exact = this.named(destination)
    if (exact !== undefined) return exact
    for (let dot = destination.indexOf('.'); dot >= 0; dot = destination.indexOf('.', dot + 1)) {
      const found = this.#values.get(`*${destination.slice(dot)}`)
      if (found !== undefined) return found
    }
    return this.#values.get('*')
  }

  /** What is said of this domain by its name, and not by a pattern. */
  named(domain: string): T | undefined {
    return domain.startsWith('*') ? undefined : this.#values.get(domain)
  }
}
