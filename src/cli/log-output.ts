import type { Clock } from '../base/clock.ts'
import type { Log, LogLine } from '../base/log.ts'
import { LogGatherer } from '../base/log-gatherer.ts'
import { formatLogLine, type LogFormat } from '../base/log-line.ts'
import { tellWithoutWaiting } from './output.ts'

/** What the log tells: everything, or only what is broken. */
export type LogDepth = 'all' | 'faults'

export interface LogStyle {
  readonly format: LogFormat
  readonly depth: LogDepth
}

/** The log on standard error. */
export interface OpenLog {
  readonly log: Log
  /** From now on lines look like this. */
  readonly use: (style: LogStyle) => void
  /** Tells what is counted. */
  readonly close: () => void
}

/**
 * Opens the log. It never waits for who reads it: what finds no room is counted, and told when there
 * is room again.
 *
 * @param write takes a line with its end; `false` when there is no room
 */
export function openLog(
  first: LogStyle,
  clock: Clock,
  write: (line: string) => boolean = tellWithoutWaiting,
): OpenLog {
  let style = first
  let lost = 0
  const writeLine = (line: LogLine): boolean => {
    return write(`${formatLogLine(line, style.format, clock.now())}\n`)
  }
  const gatherer = new LogGatherer({
    clock,
    write(line) {
      if (lost > 0 && writeLine(lostLine(lost))) lost = 0
      if (lost > 0 || !writeLine(line)) lost++
    },
  })
  return {
    log(line) {
      if (style.depth === 'all' || line.level === 'error') gatherer.take(line)
    },
    use(next) {
      style = next
    },
    close: () => gatherer.flush(),
  }
}

function lostLine(lines: number): LogLine {
  const why = 'nobody read standard error fast enough'
  return { level: 'warning', event: 'limit', fields: { limit: 'log', lines, why } }
}
