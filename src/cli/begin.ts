import { enableCompileCache } from 'node:module'

/** Runs the command line and sets the exit code. */
export async function begin(args: readonly string[]): Promise<void> {
  // The second start of the program does not compile its sources again. Threads are told by the
  // environment: by the time that one could ask for it, all of its sources are compiled.
  const { directory } = enableCompileCache()
  if (directory !== undefined) process.env['NODE_COMPILE_CACHE'] ??= directory
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
