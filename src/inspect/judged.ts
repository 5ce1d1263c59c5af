import type { DmarcDecision } from '../dmarc/decision.ts'
import type { Evaluation } from './inspection.ts'
import type { MessageHeader } from '../message/header-reader.ts'

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
