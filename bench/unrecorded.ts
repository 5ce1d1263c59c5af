/**
 * Loaded by a server before all else (`--import`), on each of its threads: from then on its recorder
 * keeps nothing. No step, no line of the dialogue and no DNS answer is written down; the row by which
 * a mailbox finds its letter is. The product has no such switch.
 */
import { syncBuiltinESMExports } from 'node:module'
import workers, { type WorkerOptions } from 'node:worker_threads'
import { RecordingResolver } from '../src/dns/recording-resolver.ts'
import { JourneyBuilder } from '../src/journey/builder.ts'

const { Worker } = workers

/** Its threads begin with this file as well. */
class UnrecordedWorker extends Worker {
  constructor(file: string | URL, options: WorkerOptions = {}) {
    const execArgv = [...(options.execArgv ?? []), '--import', import.meta.url]
    // One that is only text has nothing to record.
    super(file, options.eval === true ? options : { ...options, execArgv })
  }
}

workers.Worker = UnrecordedWorker
syncBuiltinESMExports()

const nothing = (): void => {}
const none = { get: (): readonly never[] => [] }
JourneyBuilder.prototype.step = nothing
JourneyBuilder.prototype.line = nothing
Object.defineProperty(JourneyBuilder.prototype, 'shared', none)
Object.defineProperty(RecordingResolver.prototype, 'answers', none)
// oxlint-disable-next-line unbound-method -- called below on what it belongs to
const whole = JourneyBuilder.prototype.record
JourneyBuilder.prototype.record = function (facts) {
  return whole.call(this, { ...facts, replay: undefined })
}
