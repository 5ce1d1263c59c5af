import { type Domain, parseDomain } from '../address/domain.ts'

/** What RFC 7489 asks of a public suffix list. Anything that answers this can be used. */
export interface PublicSuffixList {
  /**
   * The public suffix of a domain and one label more; `undefined` when the domain is a public suffix
   * itself, or not a domain.
   */
  registrableDomain(domain: string): string | undefined
}

export interface PublicSuffixOptions {
  /** Count the rules of the PRIVATE section too. DMARC does not want them: `false` by default. */
  readonly privateSection?: boolean
}

const plain = 1
const wildcard = 2
const exception = 4

/**
 * Reads a public suffix list in the format of publicsuffix.org: a rule a line, `*.` and `!` rules,
 * comments. Names that match no rule fall under the rule `*`. Lines that cannot be read are ignored.
 *
 * A look-up costs one map access a label.
 */
export function parsePublicSuffixList(
  text: string,
  options: PublicSuffixOptions = {},
): PublicSuffixList {
  return new SuffixRules(readRules(text, options.privateSection ?? false))
}

function readRules(text: string, privateSection: boolean): ReadonlyMap<string, number> {
  const rules = new Map<string, number>()
  let skip = false
  for (const line of text.split('\n')) {
    if (line.startsWith('//')) {
      if (line.includes('===BEGIN PRIVATE DOMAINS===')) skip = !privateSection
      if (line.includes('===END PRIVATE DOMAINS===')) skip = false
      continue
    }
    // "Each line is only read up to the first whitespace"
    const rule = /^\S+/.exec(line)?.[0]
    if (skip || rule === undefined) continue
    const kind = rule.startsWith('!') ? exception : rule.startsWith('*.') ? wildcard : plain
    const name = kind === exception ? rule.slice(1) : kind === wildcard ? rule.slice(2) : rule
    const domain = /^[a-z0-9.-]+$/.test(name) ? name : parseDomain(name)
    if (domain !== undefined) rules.set(domain, (rules.get(domain) ?? 0) | kind)
  }
  return rules
}

class SuffixRules implements PublicSuffixList {
  readonly #rules: ReadonlyMap<string, number>

  constructor(rules: ReadonlyMap<string, number>) {
    this.#rules = rules
  }

  registrableDomain(domain: string): string | undefined {
    const name = parseDomain(domain)
    return name === undefined ? undefined : this.#registrable(name)
  }

  /** Looks from the longest name to the shortest: the first rule that matches has most labels. */
  #registrable(name: Domain): string | undefined {
    // The name looked at before: one label longer.
    let below: string | undefined
    let at = 0
    for (;;) {
      const suffix = name.slice(at)
      const rule = this.#rules.get(suffix) ?? 0
      // An exception prevails, and its suffix is one label shorter than it: it is registrable.
      if ((rule & exception) !== 0) return suffix
      // `*.suffix` covers the name one label below, if there is one.
      if ((rule & wildcard) !== 0 && below !== undefined) return oneAbove(name, below)
      if ((rule & plain) !== 0) return below
      const dot = name.indexOf('.', at)
      // No rule: the last label is the suffix.
      if (dot < 0) return below
      below = suffix
      at = dot + 1
    }
  }
}

/** The name one label longer than `suffix` on the way to `name`. */
function oneAbove(name: string, suffix: string): string | undefined {
  if (name.length === suffix.length) return undefined
  const rest = name.slice(0, -suffix.length - 1)
  return name.slice(rest.lastIndexOf('.') + 1)
}
