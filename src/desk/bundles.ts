import { bundleHead, type BundleLine, type JourneyLine } from '../bundle/bundle-lines.ts'
import { letterLines } from '../bundle/letters.ts'
import { Redactor } from '../bundle/redact.ts'
import { sharedFact } from '../journey/builder.ts'
import { hashesOf, type JourneyRecord, readRecord } from '../journey/record.ts'
import type { Step } from '../journey/steps.ts'
import type { StoredJourney } from '../store/ports/journeys.ts'
import type { ReadPorts } from '../store/reads.ts'

/** A journey that goes into a bundle. */
export interface ExportedJourney {
  readonly reader: Pick<ReadPorts, 'journeys' | 'messages'>
  readonly stored: StoredJourney
}

/** How a bundle is made. */
export interface ExportOptions {
  readonly version: string
  /** Unix milliseconds. */
  readonly now: number
  /** Absent: everything as it is. Chance, by which addresses become hashes. */
  readonly redactWith?: Uint8Array
}

/** The lines of a bundle of these journeys, each DNS answer and each letter once. */
export async function* exportLines(
  journeys: AsyncIterable<ExportedJourney> | Iterable<ExportedJourney>,
  { version, now, redactWith }: ExportOptions,
): AsyncGenerator<string> {
  const redactor = redactWith === undefined ? undefined : new Redactor(redactWith)
  const written = new Set<string>()
  let count = 0
  const redacted = redactor !== undefined
  const made_at = new Date(now).toISOString()
  yield line(bundleHead({ made_by: version, made_at, redacted }))
  for await (const { reader, stored } of journeys) {
    const { json, appended } = stored
    const facts = await reader.journeys.sharedFacts(hashesOf(readRecord(json, appended).steps))
    const message =
      redacted || stored.messageId === undefined
        ? undefined
        : await reader.messages.open(stored.messageId)
    const journey = { ...stored, messageId: message?.id }
    const told = redactor === undefined ? { journey, facts } : hide(redactor, { journey, facts })
    for (const [hash, fact] of told.facts) {
      if (written.has(hash)) continue
      written.add(hash)
      yield line({ line: 'fact', hash, json: fact })
    }
    if (message !== undefined && !written.has(`message ${message.id}`)) {
      written.add(`message ${message.id}`)
      for await (const one of letterLines(message)) yield line(one)
    }
    yield line(journeyLine(told.journey))
    count++
  }
  yield line({ line: 'end', journeys: count })
}

function line(one: BundleLine): string {
  return JSON.stringify(one)
}

function journeyLine({
  id,
  status,
  summary,
  json,
  appended,
  messageId,
}: StoredJourney): JourneyLine {
  const message = messageId ?? null
  return { line: 'journey', id, status, summary, record: json, appended, message }
}

interface Told {
  readonly journey: StoredJourney
  readonly facts: ReadonlyMap<string, string>
}

/** The journey without people. Its facts get the hashes of what they are now. */
function hide(redactor: Redactor, { journey, facts }: Told): Told {
  const { json, appended, summary } = journey
  const parts = {
    record: readRecord(json, []),
    later: appended.map((steps) => JSON.parse(steps) as readonly Step[]),
    summary,
  }
  const hidden = redactor.journey(parts)
  const renamed = new Map<string, string>()
  const told = new Map<string, string>()
  for (const [hash, fact] of facts) {
    const shared = sharedFact(redactor.fact(fact))
    renamed.set(hash, shared.hash)
    told.set(shared.hash, shared.json)
  }
  const renew = (step: Step): Step => {
    return {
      ...step,
      dns: step.dns.map((ref) => ({ ...ref, hash: renamed.get(ref.hash) ?? ref.hash })),
    }
  }
  const record: JourneyRecord = { ...hidden.record, steps: hidden.record.steps.map(renew) }
  return {
    journey: {
      ...journey,
      summary: hidden.summary,
      json: JSON.stringify(record),
      appended: hidden.later.map((steps) => JSON.stringify(steps.map(renew))),
      messageId: undefined,
    },
    facts: told,
  }
}
