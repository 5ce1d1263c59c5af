import type { Log, LogEvent, LogLine } from '../base/log.ts'
import type { JourneyBuilder } from '../journey/builder.ts'
import type { Outcome, ReplayFacts } from '../journey/record.ts'
import type { SmtpAnswer } from '../journey/spoken.ts'
import type { StepData } from '../journey/steps.ts'
import { type RecordOrigin, journeyRow } from '../journey/row.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import { headerTexts } from '../message/header-texts.ts'
import { record } from '../post/placing.ts'
import type { Post } from '../post/post.ts'
import { type Reply, describeReply } from '../smtp/reply.ts'
import type { Session } from '../smtp/server-types.ts'
import type { Acceptance, NewJourney } from '../store/ports/post.ts'
import type { ConnectionFacts } from './connection-log.ts'
import type { Letter, Port, Verdict } from './port.ts'

/** What is known of one transaction, or of a connection that brought none, when it is over. */
export interface LetterRecord {
  readonly journey: JourneyBuilder
  /** What the client had called itself; empty when it had not. */
  readonly helo: string
  /** Who had logged in. */
  readonly login: string | undefined
  readonly mailFrom: string
  /** Every recipient that was asked for, taken or not. */
  readonly asked: readonly string[]
  /** Of these, those that were taken. */
  readonly taken: readonly string[]
  readonly letter?: Letter
  readonly header?: MessageHeader
  /** How long its content was, once it came. */
  readonly octets?: number
  /** How many octets are kept, when that is not all of the message. */
  readonly kept?: number
}

interface BookNeeds {
  /** Which server the records are of. */
  readonly origin: RecordOrigin
  readonly post: Pick<Post, 'accept'>
  readonly log: Log
  /** A fault of ours, for the log. */
  readonly report: (problem: unknown, journeyId: string) => void
}

/** Puts down what became of letters, and tells the log. */
export class LetterBook {
  readonly #needs: BookNeeds
  readonly #facts: ConnectionFacts
  readonly #port: Pick<Port, 'direction'>

  constructor(
    needs: BookNeeds,
    connection: { readonly facts: ConnectionFacts; readonly port: Pick<Port, 'direction'> },
  ) {
    this.#needs = needs
    this.#facts = connection.facts
    this.#port = connection.port
  }

  /** Puts down a letter with what is accepted of it, and then tells the log. */
  async settle(
    letter: LetterRecord,
    outcome: Outcome,
    parts: readonly Acceptance[],
  ): Promise<void> {
    const messageId = parts.length > 0 ? letter.journey.id : undefined
    const row = this.#row(letter, outcome, messageId)
    await this.#needs.post.accept(record(row), ...parts)
    this.#tell(letter, outcome)
  }

  /** Puts down what has no message to keep, and tells the log; nobody waits for it. */
  keep(
    letter: LetterRecord,
    outcome: Outcome,
    failed: (problem: unknown) => void = (problem) =>
      this.#needs.report(problem, letter.journey.id),
  ): void {
    const row = this.#row(letter, outcome, undefined)
    this.#tell(letter, outcome)
    this.#needs.post.accept(record(row)).catch(failed)
  }

  /** The journey as the store keeps it. `messageId`: of the octets that are kept with it. */
  #row(record: LetterRecord, outcome: Outcome, messageId: string | undefined): NewJourney {
    const { journey, helo, login, mailFrom, asked: rcptTo, letter, header } = record
    const { ip } = this.#facts.remote
    const added = letter?.addedMessageId
    return journeyRow(journey, {
      direction: this.#port.direction,
      ...this.#needs.origin,
      envelope: { ip, helo, mailFrom, rcptTo, ...(login === undefined ? {} : { login }) },
      outcome,
      replay: messageId === undefined ? undefined : replayOf(record),
      ...headerTexts(header),
      ...(added === undefined ? {} : { headerMessageId: added }),
      messageId,
    })
  }

  #tell(record: LetterRecord, outcome: Outcome): void {
    const { helo, login, mailFrom, asked, taken, octets, journey } = record
    const { id } = journey
    const facts = this.#facts
    this.#needs.log(letterLine({ id, facts, helo, login, mailFrom, asked, taken, outcome, octets }))
  }
}

/** Whose a session is, as records have it; `undefined` without a login. */
export function loginOf({ user }: Session): string | undefined {
  return user?.slice(0, 320)
}

type Taken = Verdict & { readonly type: 'taken' }

/** What is put down of a letter that is taken. */
export function partsOf({ placed, also }: Taken): readonly Acceptance[] {
  return also === undefined ? [placed.acceptance] : [placed.acceptance, also.acceptance]
}

/** What is done with it, for its journey. */
export function stepsOf({ placed, also }: Taken): readonly StepData[] {
  return also === undefined ? placed.steps : [...placed.steps, also.step]
}

function replayOf({ letter, kept }: LetterRecord): ReplayFacts | undefined {
  if (letter?.replay === undefined || kept === undefined) return letter?.replay
  return { ...letter.replay, kept: { octets: kept, bodyHashes: letter.bodyHashes } }
}

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
