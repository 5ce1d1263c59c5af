import type { Clock } from '../base/clock.ts'
import type { ContentIntake } from '../store/ports/contents.ts'
import type { ClientLimits } from './client-limits.ts'
import type { ConnectionFacts, ConnectionLog } from './connection-log.ts'
import type { Guard } from './guard.ts'
import type { LetterBook } from './letter-book.ts'
import type { Port } from './port.ts'

/** What letters are taken in with. */
export interface LetterNeeds {
  readonly guard: Pick<Guard, 'holdMemory'>
  readonly contents: ContentIntake
  readonly clock: Clock
  /** How much is kept of a letter that is refused, in octets; 262,144 when `undefined`. */
  readonly refusedBytes: () => number | undefined
  /** A fault of ours, for the log. */
  readonly report: (problem: unknown, journeyId: string) => void
}

/** The connection that a letter comes over. */
export interface LetterConnection {
  readonly needs: LetterNeeds
  readonly facts: ConnectionFacts
  readonly port: Port
  readonly log: ConnectionLog
  readonly limits: ClientLimits
  readonly book: LetterBook
}
