import type { RecordedAnswer } from '../dns/recording-resolver.ts'
import type { DecisionRules } from '../inspect/rules.ts'
import type { KeptBodyHash } from '../signature/body-hash.ts'
import type { Line, SmtpAnswer } from './spoken.ts'
import type { AnswerRef, Step } from './steps.ts'

/**
 * The record of one message's way through one server: what happened, in order, as data. Every view
 * (terminal, JSON, page) is made from it by the one catalogue of sentences; nothing in it is prose
 * but what other servers said. Times are Unix milliseconds; everything is plain JSON.
 */
export interface JourneyRecord {
  readonly schema: 'waybill.record/1'
  readonly id: string
  readonly direction: 'in' | 'out'
  readonly mode: JourneyMode
  /** The name of the server that wrote this. */
  readonly host: string
  readonly startedAt: number
  readonly envelope: Envelope
  readonly outcome: Outcome
  readonly steps: readonly Step[]
  /** The SMTP lines of the session so far as they belong to this message; secrets are masked. */
  readonly conversation: readonly Line[]
  readonly replay: ReplayFacts | undefined
  readonly subject: string
  readonly messageId: string
  /** The addresses in From, with commas between; empty when there are none. Absent before 0.2.0. */
  readonly author?: string
}

/**
 * `lab`: all around this server was made up, so nothing has reached anybody. `catch`: it takes every
 * letter and sends none. Before 0.4.0 there was no `catch`.
 */
export type JourneyMode = 'lab' | 'catch' | 'live'

export interface Envelope {
  readonly ip: string
  readonly helo: string
  readonly mailFrom: string
  readonly rcptTo: readonly string[]
  /** The login, when the sender gave one. */
  readonly login?: string
}

/** How it ended, or how far it is. */
export type Outcome =
  /** Filed in a mailbox here. */
  | {
      readonly status: 'delivered' | 'quarantined'
      readonly smtp: SmtpAnswer
      readonly because: readonly string[]
    }
  /** Taken for delivery to other servers; later steps tell more. */
  | { readonly status: 'queued'; readonly smtp: SmtpAnswer; readonly because: readonly string[] }
  | { readonly status: 'refused'; readonly smtp: SmtpAnswer; readonly because: readonly string[] }
  /** Told to come back later. */
  | { readonly status: 'deferred'; readonly smtp: SmtpAnswer; readonly because: readonly string[] }
  /** The connection ended before there was an answer to a message. */
  | { readonly status: 'dropped'; readonly because: readonly string[] }
  /** Our own delivery status notification. */
  | { readonly status: 'created'; readonly because: readonly string[] }

/** What a replay needs beside the message and the DNS answers. */
export interface ReplayFacts {
  /** Unix seconds. */
  readonly now: number
  readonly receiver: string
  readonly rules: DecisionRules
  /** SHA-256 of the rules as they were, so that a changed configuration is seen. */
  readonly configHash: string
  /** The message's octets are in the store under this id; absent when none came. */
  readonly messageId: string | undefined
  /**
   * Of a long letter that was refused only the beginning is kept, all of its header within it, and
   * in place of its body what the verdicts needed of it.
   */
  readonly kept?: { readonly octets: number; readonly bodyHashes: readonly KeptBodyHash[] }
}

/** Shared facts by their hash, as the store gives them. */
export type Facts = ReadonlyMap<string, string>

/** The hashes that a record and its later steps refer to. */
export function hashesOf(steps: readonly Step[]): readonly string[] {
  return Array.from(new Set(steps.flatMap((step) => step.dns.map(({ hash }) => hash))))
}

/** The DNS answers of a step, put together again; one whose fact is gone is left out. */
export function answersOf(
  step: { readonly dns: readonly AnswerRef[] },
  facts: Facts,
): readonly RecordedAnswer[] {
  return step.dns.flatMap((ref) => {
    const json = facts.get(ref.hash)
    if (json === undefined) return []
    // Written by `JourneyBuilder` from a RecordedAnswer, whose TTL is kept beside the hash.
    const { name, type, answer } = JSON.parse(json) as RecordedAnswer
    const whole = answer.type === 'failed' ? answer : { ...answer, ttlSeconds: ref.ttlSeconds }
    return [{ name, type, answer: whole, elapsedMs: ref.ms } as RecordedAnswer]
  })
}

/** Reads a record as the store keeps it, with the steps that were appended later. */
export function readRecord(json: string, appended: readonly string[]): JourneyRecord {
  // Our own writing, read back; its schema number says which.
  const record = JSON.parse(json) as JourneyRecord
  const later = laterSteps(appended)
  return later.length === 0 ? record : { ...record, steps: [...record.steps, ...later] }
}

/** What was added to a record later, read back. */
export function laterSteps(appended: readonly string[]): readonly Step[] {
  return appended.flatMap((steps) => JSON.parse(steps) as readonly Step[])
}
