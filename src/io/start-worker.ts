import { type ResourceLimits, Worker } from 'node:worker_threads'

/** What a thread begins with. */
export interface WorkerSetup {
  /** Its file without the ending, beside the one that starts it. */
  readonly file: string
  /** The name of the thread. */
  readonly name: string
  readonly data?: unknown
  /** What its heap may have. */
  readonly memory: ResourceLimits
}

/** Starts a thread whose file is beside the module that has this address. */
export function startBeside(module: string, { file, name, data, memory }: WorkerSetup): Worker {
  // From source the file ends in .ts, compiled in .js; the worker is beside us in both.
  const ending = module.endsWith('.ts') ? 'ts' : 'js'
  return new Worker(new URL(`./${file}.${ending}`, module), {
    workerData: data,
    // Not those of the process: `node -e` has some that no worker may have.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    name,
    resourceLimits: memory,
  })
}
