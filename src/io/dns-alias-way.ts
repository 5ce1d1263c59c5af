import type { DnsAnswer } from '../dns/resolver.ts'

/** What was learnt on the way along aliases, before the name that is asked for now. */
export interface Led {
  readonly aliases: readonly string[]
  readonly ttlSeconds: number
  readonly dnssec: 'secure' | 'insecure'
}

/** There is no such name at the end of the way. */
export function absentName(led: Led): DnsAnswer<never> {
  const ttlSeconds = led.aliases.length > 0 ? led.ttlSeconds : 0
  return lengthened({ type: 'noName', ttlSeconds, dnssec: 'insecure' }, led, undefined)
}

/** An answer to the last name of the way, as one to the first: with all that was learnt before. */
export function lengthened<T>(
  answer: Exclude<DnsAnswer<T>, { type: 'failed' }>,
  led: Led,
  server: string | undefined,
): DnsAnswer<T> {
  const aliases = [...led.aliases, ...(answer.aliases ?? [])]
  return {
    ...answer,
    ttlSeconds: Math.min(answer.ttlSeconds, led.ttlSeconds),
    dnssec: led.dnssec === 'secure' ? answer.dnssec : 'insecure',
    ...(aliases.length > 0 && { aliases }),
    ...(server !== undefined && { server }),
  }
}
