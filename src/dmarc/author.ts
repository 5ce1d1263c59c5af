import { type Domain, parseDomain } from '../address/domain.ts'
import { type AddressProblem, parseAddressList } from '../message/address-list.ts'

/** Where the Author Domain comes from. */
export type DmarcFrom =
  /** The domain is known. */
  | { readonly type: 'domain'; readonly domain: string }
  /** The values of every From field of the message, from the top; `unfoldedValue` gives them. */
  | { readonly type: 'fields'; readonly values: readonly string[] }

/** Why there is not just one Author Domain in one From field. RFC 9989 §5.3.1, §11.5. */
export type AuthorProblem =
  | 'no-from-field'
  | 'several-from-fields'
  | 'no-domain'
  | 'several-domains'
  | 'too-many-domains'

/** What the From fields say of the author. Plain data. */
export interface AuthorEvidence {
  /** How many From fields there are; 1 when the domain was given. */
  readonly fields: number
  /** The different domains, in A-labels and lower case, in their order; 100 at most. */
  readonly domains: readonly Domain[]
  readonly problem: AuthorProblem | null
  /** What is wrong with the syntax of the fields; the first ten. */
  readonly syntax: readonly AddressProblem[]
}

/** More Author Domains than this are not evaluated (RFC 9989 §11.5: "limiting the number"). */
export const maxAuthorDomains = 5

const maxDomainsShown = 100

/** Finds the Author Domains. RFC 9989 §5.3.1. */
export function findAuthor(from: DmarcFrom): AuthorEvidence {
  if (from.type === 'domain') {
    const domain = parseDomain(from.domain)
    const domains = domain === undefined ? [] : [domain]
    return { fields: 1, domains, problem: domain === undefined ? 'no-domain' : null, syntax: [] }
  }
  const domains = new Set<Domain>()
  const syntax: AddressProblem[] = []
  for (const value of from.values) {
    const list = parseAddressList(value)
    syntax.push(...list.problems)
    for (const { host } of list.mailboxes) if (host !== null) domains.add(host)
  }
  const fields = from.values.length
  return {
    fields,
    domains: Array.from(domains).slice(0, maxDomainsShown),
    problem: problemOf(fields, domains.size),
    syntax: syntax.slice(0, 10),
  }
}

function problemOf(fields: number, domains: number): AuthorProblem | null {
  if (fields === 0) return 'no-from-field'
  if (domains === 0) return 'no-domain'
  if (domains > maxAuthorDomains) return 'too-many-domains'
  if (fields > 1) return 'several-from-fields'
  return domains > 1 ? 'several-domains' : null
}
