import type { DnsFailure } from '../dns/resolver.ts'
import type { Exchange, ExchangeFailure } from './dns-client.ts'

/** Of several failures the one that says most comes first. */
export const worst: readonly (DnsFailure | ExchangeFailure)[] = [
  'servfail',
  'refused',
  'malformed',
  'timeout',
  'unreachable',
  'no-socket',
  'silent-zone',
  'no-place',
  'closed',
]

/** Whatever a server says, it lives; a forger would have to guess the id and the port. */
export function isSignOfLife(exchange: Exchange): boolean {
  if (exchange.type === 'failed') return exchange.reason === 'malformed'
  return exchange.type === 'message'
}

/** Not all of the answer fitted. */
export function isTruncated(exchange: Exchange): boolean {
  return exchange.type === 'message' && exchange.message.truncated
}
