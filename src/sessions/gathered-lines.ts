import type { Clock } from '../base/clock.ts'
import type { Log, LogLine } from '../base/log.ts'

/** How late a line may be. */
const lateMs = 10

/**
 * Lines of the log on their way to another thread. A message wakes it whether it holds one line or
 * many, so what comes close together goes together; what is no everyday line goes at once, with all
 * before it.
 */
export class GatheredLines {
  readonly #clock: Clock
  readonly #tell: (lines: readonly LogLine[]) => void
  #lines: LogLine[] = []

  constructor(clock: Clock, tell: (lines: readonly LogLine[]) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  readonly take: Log = (line) => {
    const waiting = this.#lines.push(line)
    if (line.level !== 'info') this.flush()
    else if (waiting === 1) this.#clock.setTimer(lateMs, () => this.flush())
  }

  /** Tells what waits; before the end of the thread too. */
  flush(): void {
    const lines = this.#lines
    if (lines.length === 0) return
    this.#lines = []
    this.#tell(lines)
  }
}
