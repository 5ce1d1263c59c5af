import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { DmarcDecision } from '../dmarc/decision.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { Evaluation } from '../inspect/inspection.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import type { ContentIntake, Store } from '../store/store.ts'
import type { Guard } from './guard.ts'
import type { House } from './house.ts'

/** What the receiving agents work with; `app` joins it. */
export interface ReceiveWorld {
  readonly house: House
  readonly guard: Guard
  readonly store: Pick<Store, 'accept'> & ContentIntake
  readonly resolver: Resolver
  readonly clock: Clock
  /** Numbers in [0, 1). */
  readonly random: () => number
  readonly newId: () => string
  /** Something was accepted for delivery to other servers. */
  readonly queued: () => void
  /** A letter was judged, and its end is in the store. Absent: nobody wants to know. */
  readonly judged?: (letter: JudgedLetter) => void
  readonly log: Log
  /** A fault of ours, for the log. */
  readonly report: (problem: unknown, journeyId: string) => void
}

/** A letter from a stranger that was taken or refused for good, with what led to it. */
export interface JudgedLetter {
  readonly journeyId: string
  /** Its octets in the store. */
  readonly messageId: string
  readonly mailFrom: string
  /** As the client gave it (RFC 3461 §4.4); empty when it did not. */
  readonly envelopeId: string
  /** Unix milliseconds. */
  readonly arrivedAt: number
  readonly header: MessageHeader
  readonly evaluation: Evaluation
  readonly decision: DmarcDecision
}
