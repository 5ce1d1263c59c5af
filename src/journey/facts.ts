import type { RecordedAnswer } from '../dns/recording-resolver.ts'
import type { AnswerRef, JourneyRecord, Step } from './record.ts'

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
  const later = appended.flatMap((steps) => JSON.parse(steps) as readonly Step[])
  return later.length === 0 ? record : { ...record, steps: [...record.steps, ...later] }
}
