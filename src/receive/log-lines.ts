import type { LogEvent, LogLine } from '../base/log.ts'
import type { Outcome, SmtpAnswer } from '../journey/record.ts'
import { type Reply, describeReply } from '../smtp/reply.ts'
import type { ConnectionFacts } from './connection-log.ts'

/** What the log tells of one transaction, or of a session that brought none. */
export interface LetterFacts {
  readonly id: string
  readonly facts: ConnectionFacts
  readonly helo: string
  readonly login: string | undefined
  readonly mailFrom: string
  /** Every recipient that was asked for. */
  readonly asked: readonly string[]
  /** Of these, those that were taken. */
  readonly taken: readonly string[]
  readonly outcome: Outcome
  /** Of the content, when it came. */
  readonly octets: number | undefined
}

const events = {
  delivered: 'accepted',
  quarantined: 'accepted',
  queued: 'accepted',
  created: 'accepted',
  refused: 'refused',
  deferred: 'turned-away',
  dropped: 'dropped',
} as const satisfies Readonly<Record<Outcome['status'], LogEvent>>

/** A letter that was taken, refused or put off at the door, or a session that ended without one. */
export function letterLine(letter: LetterFacts): LogLine {
  const { id, facts, helo, login, mailFrom, asked, taken, outcome, octets } = letter
  const { status, because } = outcome
  // Whoever looks for one address must not find that of a letter which they never got.
  const to = taken.length === 0 ? asked : taken
  const refused = taken.length === 0 ? [] : without(asked, taken)
  const answer = 'smtp' in outcome ? inWords(outcome.smtp) : undefined
  return {
    level: 'info',
    event: events[status],
    fields: {
      client: facts.remote.ip,
      id,
      port: facts.listener,
      account: login,
      helo,
      from: mailFrom === '' && asked.length === 0 ? undefined : `<${mailFrom}>`,
      to: to.length === 0 ? undefined : to,
      refused: refused.length === 0 ? undefined : refused,
      octets,
      status,
      answer,
      why: because.length === 0 ? undefined : because.join(', '),
    },
  }
}

/** What is in the one list more often than in the other. */
function without(all: readonly string[], some: readonly string[]): readonly string[] {
  const left = [...some]
  return all.filter((one) => {
    const at = left.indexOf(one)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

function inWords({ code, enhanced, text }: SmtpAnswer): string {
  return [code, enhanced, text].filter((part) => part !== '').join(' ')
}

/** A login: whose it was meant to be, and whether it was. Its password is nowhere. */
export function loginLine(login: {
  readonly id: string
  readonly facts: ConnectionFacts
  readonly mechanism: string
  readonly account: string
  /** The answer of a login that failed. */
  readonly refusal: Reply | undefined
}): LogLine {
  const { id, facts, mechanism, account, refusal } = login
  return {
    level: refusal === undefined ? 'info' : 'warning',
    event: refusal === undefined ? 'login' : 'login-failed',
    fields: {
      client: facts.remote.ip,
      id,
      port: facts.listener,
      account,
      mechanism,
      answer: refusal === undefined ? undefined : describeReply(refusal),
    },
  }
}
