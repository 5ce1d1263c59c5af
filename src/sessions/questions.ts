import type { Socket } from 'node:net'
import type { LogLine } from '../base/log.ts'
import type { Soon } from '../base/result.ts'
import type { Residents } from '../directory/address-table.ts'
import type { Login } from '../directory/directory.ts'
import type { DnsAnswer, RecordData, RecordType } from '../dns/resolver.ts'
import type { GuardedLogin, LimitMet } from '../receive/guard.ts'
import type { JudgedLetter } from '../inspect/decide.ts'
import type { AskedFor, RecipientAdmission, TakenLead } from '../receive/recipient.ts'
import type { Reply } from '../smtp/reply.ts'
import type { DkimKeyRow } from '../store/ports/keys.ts'
import type { StoreDoor } from '../store/sqlite/store-door.ts'
import type { FlatProblem } from './calls.ts'
import type { Connection, SessionSettings } from './sessions.ts'

/** Who lives here, for a thread: nobody's password is among it. */
export interface People {
  readonly residents: Residents
  readonly keys: readonly DkimKeyRow[]
}

/** All that a session thread goes by. */
export interface ThreadSettings {
  readonly sessions: SessionSettings
  readonly people: People
}

/** What a session thread begins with. */
export interface ThreadSetup extends ThreadSettings {
  readonly store: StoreDoor
  /** What its DNS cache may take. */
  readonly cacheBytes: number
  /** Whether somebody beside the directory has a word about recipients. */
  readonly admission: Pick<RecipientAdmission, 'hint' | 'onlyUsers'> | undefined
  /** Whether somebody wants to know of letters that were judged. */
  readonly judged: boolean
}

/** What may be asked of a session thread, and told it. */
export interface OfThread {
  open(setup: ThreadSetup): void
  /** Answered when it is open. */
  ready(input: undefined): void
  /** Answered at once by a thread that listens. */
  beat(input: undefined): void
  /** A connection to serve. `id` is the main thread's. */
  take(input: {
    readonly id: number
    readonly connection: Connection
    readonly socket: Socket
  }): void
  use(settings: ThreadSettings): Promise<void>
  /** It is the turn of this password. Gives whether it is right. */
  check(input: { readonly login: number }): Promise<boolean>
  /** Resolves when all sessions are over. */
  shutdown(input: undefined): Promise<void>
  stop(input: undefined): void
  abort(input: undefined): void
  /** Resolves when all that sessions put down is on disk. */
  close(input: undefined): Promise<void>
}

/** What may be asked of the main thread, and told it: what all threads have in common. */
export interface OfMain {
  resolve(question: {
    readonly name: string
    readonly type: RecordType
    readonly client: string | undefined
  }): Promise<DnsAnswer<RecordData[RecordType]>>
  /** Whether the credentials are somebody's. Hashes of passwords stay where they are. */
  passwordOf(input: {
    readonly name: string
    readonly password: string
  }): Promise<Login | undefined>
  closedForLogins(ip: string): Soon<LimitMet | undefined>
  closedForMail(ip: string): Soon<LimitMet | undefined>
  /** `place` is the thread's own number for it. */
  enterAccount(input: {
    readonly place: number
    readonly ip: string
    readonly account: string
  }): Soon<LimitMet | undefined>
  leaveAccount(place: number): void
  turnedAway(input: {
    readonly ip: string
    readonly met: LimitMet
    readonly more: { readonly listener: string }
  }): void
  refusedRecipient(ip: string): void
  login(input: {
    readonly login: number
    readonly ip: string
    readonly name: string
  }): Promise<GuardedLogin<true>>
  /** Memory for a letter: so much in all, at least `least`. Gives what it has then, or who has none. */
  holdMemory(input: {
    readonly holding: number
    readonly ip: string
    readonly wanted: number
    readonly least: number
  }): Soon<number | 'network' | 'server'>
  releaseMemory(holding: number): void
  refusal(input: { readonly asked: AskedFor; readonly lead: TakenLead }): Soon<Reply | undefined>
  judged(letter: JudgedLetter): void
  log(lines: readonly LogLine[]): void
  report(input: { readonly problem: FlatProblem; readonly where: string }): void
  /** The connection is gone. */
  over(id: number): void
}
