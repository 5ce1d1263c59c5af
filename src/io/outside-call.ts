import type { Resolver } from '../dns/resolver.ts'

/** So many addresses of a name are looked at. */
const mostAddresses = 20

/** What was waited for, unless it is given up before; then it rejects with the reason of the signal. */
export async function inTime<T>(waited: Promise<T>, signal: AbortSignal): Promise<T> {
  const over = Promise.withResolvers<never>()
  const giveUp = (): void => over.reject(signal.reason)
  signal.addEventListener('abort', giveUp)
  if (signal.aborted) giveUp()
  try {
    return await Promise.race([waited, over.promise])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

/**
 * The addresses of a host that is called by HTTPS, those of IPv4 first; at most 20.
 *
 * @throws Error when there is none and DNS could not be asked
 */
export async function addressesOf(resolver: Resolver, name: string): Promise<readonly string[]> {
  const [four, six] = await Promise.all([
    resolver.resolve(name.toLowerCase(), 'A'),
    resolver.resolve(name.toLowerCase(), 'AAAA'),
  ])
  const found = [four, six].flatMap((answer) => (answer.type === 'found' ? answer.records : []))
  if (found.length === 0 && (four.type === 'failed' || six.type === 'failed')) {
    throw new Error(`DNS could not be asked for ${name}.`)
  }
  return found.slice(0, mostAddresses)
}
