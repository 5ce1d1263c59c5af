/** What can be told to whoever runs the server. The words are part of the log's form: they stay. */
export type LogEvent =
  /** A letter was taken, refused or put off at the door; a session ended without one. */
  | 'accepted'
  | 'refused'
  | 'turned-away'
  | 'dropped'
  /** What became of a letter on its way out, one line for each recipient. */
  | 'delivered'
  | 'deferred'
  | 'failed'
  /** What a server said keeps further letters to it back. */
  | 'paused'
  /** An account sends far above its habit, and waits. */
  | 'account-held'
  | 'login'
  | 'login-failed'
  /** Somebody met a limit: `limit` names it as `waybill.toml` does. */
  | 'limit'
  /** Resolvers that do not answer, and that answer again. */
  | 'dns-down'
  | 'dns-up'
  /** The TLS certificate in use runs out. */
  | 'certificate'
  /** Kept MTA-STS policies were fetched again, or could not be. */
  | 'mta-sts'
  /** An endpoint of webhooks was switched off. */
  | 'webhook'
  | 'store'
  | 'report'
  | 'started'
  | 'reloaded'
  | 'stopping'
  | 'stopped'
  /** The world broke, or we are wrong. */
  | 'fault'

export type LogValue = string | number | boolean | readonly string[]

/**
 * One fact for whoever runs the server: fields, not prose. Never a password, never content. Foreign
 * text stands in it as it came; who writes the line makes it harmless.
 */
export interface LogLine {
  readonly level: 'info' | 'warning' | 'error'
  readonly event: LogEvent
  /** `undefined` fields are left out. */
  readonly fields: Readonly<Record<string, LogValue | undefined>>
}

/** Takes a fact at once and never throws; what becomes of it is nobody's concern who tells it. */
export type Log = (line: LogLine) => void

/** For tests and tools whose reader is the result itself. */
export const silent: Log = () => {}

/** What the log tells of a fault: of the world (with its code) or of ours. `where` names its place. */
export function faultLine(problem: unknown, where: string): LogLine {
  const text = problem instanceof Error ? problem.message : String(problem)
  const { code, cause } = problem instanceof Error ? causeOf(problem) : {}
  return { level: 'error', event: 'fault', fields: { where, problem: text, code, cause } }
}

/** The code of the program or the system, and the words of what lay below. */
function causeOf(problem: Error): { readonly code?: string; readonly cause?: string } {
  const code = 'code' in problem ? String(problem.code) : undefined
  const cause = problem.cause instanceof Error ? problem.cause.message : undefined
  return { ...(code === undefined ? {} : { code }), ...(cause === undefined ? {} : { cause }) }
}
