import type { Lifetime } from '../test/interop/clean-up.ts'

/**
 * Does some work, and then closes what was opened for it, the last first: also when the work fails,
 * and when the user ends the program, which then ends by that signal.
 */
export async function withCleanUp<T>(work: (run: Lifetime) => Promise<T>): Promise<T> {
  const closes: (() => unknown)[] = []
  let over = false
  const run: Lifetime = {
    after: (close) => {
      // What was being opened when the end came has missed it.
      if (over) void close()
      else closes.push(close)
    },
  }
  let signalled: NodeJS.Signals | undefined
  const signal = Promise.withResolvers<never>()
  const onSignal = (name: NodeJS.Signals): void => {
    signalled = name
    signal.reject(new Error(`ended by ${name}`))
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  // Only the first is waited with: whoever asks twice has no patience left.
  for (const name of signals) process.once(name, onSignal)
  try {
    return await Promise.race([work(run), signal.promise])
  } finally {
    over = true
    for (const close of closes.toReversed()) await close()
    for (const name of signals) process.off(name, onSignal)
    if (signalled !== undefined) process.kill(process.pid, signalled)
  }
}
