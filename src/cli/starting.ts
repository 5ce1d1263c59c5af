import { fileURLToPath } from 'node:url'
import type { Fault } from '../desk/fault.ts'
import { faultLine } from '../base/log.ts'
import { systemClock } from '../io/clock.ts'
import { type LogStyle, openLog, type OpenLog } from './log-output.ts'
import { exitCodes, say } from './output.ts'

/** The ports of a server that is started without settings, by what its options call them. */
const usualPorts = {
  smtp: 1025,
  submission: 1587,
  submissions: 1465,
  dns: 1053,
  http: 8025,
} as const

type PortName = keyof typeof usualPorts
type Ports<Name extends PortName> = Readonly<Record<Name, number>>

/** What can be said of a start. */
export interface StartOptions {
  readonly lab?: boolean
  readonly catch?: boolean
  readonly config?: string
  readonly data?: string
  readonly keepDays?: number
  readonly fault: readonly Fault[]
  readonly log?: 'text' | 'json' | 'faults'
  readonly json?: boolean
  readonly ports?: 'auto'
  readonly smtpPort?: number
  readonly submissionPort?: number
  readonly submissionsPort?: number
  readonly dnsPort?: number
  readonly httpPort?: number
  readonly strictPorts?: boolean
}

/** The ports that are wanted; one that somebody asked for by number is not replaced by another. */
export interface PortsWanted {
  readonly wanted: Ports<PortName>
  readonly taken: 'strict' | 'next'
  readonly named: ReadonlySet<string>
}

/** Which ports are wanted, after what was said of them. */
export function portsWanted(asked: StartOptions): PortsWanted {
  const said = {
    smtp: asked.smtpPort,
    submission: asked.submissionPort,
    submissions: asked.submissionsPort,
    dns: asked.dnsPort,
    http: asked.httpPort,
  } as const
  const port = (name: PortName): number => {
    return said[name] ?? (asked.ports === 'auto' ? 0 : usualPorts[name])
  }
  return {
    wanted: {
      smtp: port('smtp'),
      submission: port('submission'),
      submissions: port('submissions'),
      dns: port('dns'),
      http: port('http'),
    },
    taken: asked.strictPorts === true ? 'strict' : 'next',
    named: new Set(
      Object.entries(said).flatMap(([name, value]) => (value === undefined ? [] : name)),
    ),
  }
}

/** Says which ports are other ones than those that were wanted. */
export function tellMovedPorts(wanted: Ports<PortName>, got: Partial<Ports<PortName>>): void {
  for (const name of ['smtp', 'submission', 'submissions', 'dns', 'http'] as const) {
    if (wanted[name] === 0 || got[name] === undefined || wanted[name] === got[name]) continue
    say(`Port ${wanted[name]} is taken by another program. Using ${got[name]} instead.`)
    say(`  To keep ${wanted[name]}: stop that program, or choose with --${name}-port.`)
  }
}

/** The folder with the files of the page. */
export const pageFolder: string = fileURLToPath(new URL('../../dist/console', import.meta.url))

/** Everything is on disk: a question to DNS that is still open need not be waited for. */
export function leave(): never {
  process.exit(process.exitCode ?? exitCodes.yes)
}

/** The log on standard error, and what faults of ours are told with. */
export function openReporting(
  style: LogStyle,
): OpenLog & { report: (problem: unknown, where: string) => void } {
  const opened = openLog(style, systemClock)
  return { ...opened, report: (problem, where) => opened.log(faultLine(problem, where)) }
}

/** How much the log tells, by the words of `--log`. */
export function logStyle(how: 'text' | 'json' | 'faults'): LogStyle {
  return how === 'faults' ? { format: 'text', depth: 'faults' } : { format: how, depth: 'all' }
}
