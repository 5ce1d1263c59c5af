import type { DnsAnswer, DnsFailure, Resolver } from '../dns/resolver.ts'

/**
 * Whether the domain in From is one at all. `does-not-exist`: DNS has no such name (the term of
 * RFC 9989 §3.2.13). `takes-no-mail`: the name is there, and neither an exchange nor an address, so
 * that no answer could reach it (RFC 5321 §5.1). Plain data.
 */
export interface AuthorDomainVerdict {
  readonly domain: string
  readonly answer: 'exists' | 'does-not-exist' | 'takes-no-mail' | 'failed'
  /** Why it could not be asked. */
  readonly failure: DnsFailure | null
}

/** Asks for MX, and where there is none for A and AAAA. Three questions at most. */
export async function checkAuthorDomain(
  domain: string,
  resolver: Resolver,
): Promise<AuthorDomainVerdict> {
  const mx = await resolver.resolve(domain, 'MX')
  if (mx.type !== 'noData') return { domain, ...read(mx) }
  const [a, aaaa] = await Promise.all([
    resolver.resolve(domain, 'A'),
    resolver.resolve(domain, 'AAAA'),
  ])
  // One address is enough, and one answer that is missing keeps it open.
  if (a.type === 'found' || aaaa.type === 'found') return { domain, ...exists }
  if (a.type === 'failed') return { domain, ...read(a) }
  if (aaaa.type === 'failed') return { domain, ...read(aaaa) }
  return { domain, ...takesNoMail }
}

function read(answer: DnsAnswer<unknown>): Omit<AuthorDomainVerdict, 'domain'> {
  switch (answer.type) {
    case 'found':
      return exists
    case 'noData':
      return takesNoMail
    case 'noName':
      // An alias exists, even when it points nowhere (RFC 6604 §3).
      return (answer.aliases ?? []).length > 0 ? takesNoMail : doesNotExist
    case 'failed':
      return { answer: 'failed', failure: answer.reason }
  }
}

const exists = { answer: 'exists', failure: null } as const
const takesNoMail = { answer: 'takes-no-mail', failure: null } as const
const doesNotExist = { answer: 'does-not-exist', failure: null } as const
