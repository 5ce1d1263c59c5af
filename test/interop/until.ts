import { setTimeout as wait } from 'node:timers/promises'

const pollMs = 15

/**
 * The first value that `look` gives, looked for again and again. For what another process does
 * without telling; an event is better where there is one.
 *
 * @throws Error that says what did not come, after `timeoutMs`
 */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  timeoutMs = 20_000,
): Promise<T> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const value = await look()
    if (value !== undefined) return value
    if (performance.now() > end) throw new Error(`${what}: not within ${timeoutMs / 1000} s`)
    await wait(pollMs)
  }
}
