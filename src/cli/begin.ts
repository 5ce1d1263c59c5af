import { enableCompileCache } from 'node:module'

/** Runs the command line and sets the exit code. */
export async function begin(args: readonly string[]): Promise<void> {
  // The second start of the program does not compile its sources again.
  enableCompileCache()
  withoutExperimentalWarnings()
  // Loaded now: its modules may be those that would warn.
  const { livePastReaders } = await import('./output.ts')
  const { run } = await import('./run.ts')
  livePastReaders()
  process.exitCode = await run(args)
}

/** SQLite was experimental in the first Nodes that have it. All other warnings are told as before. */
function withoutExperimentalWarnings(): void {
  const listeners = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (warning.name === 'ExperimentalWarning') return
    for (const listener of listeners) listener(warning)
  })
}
