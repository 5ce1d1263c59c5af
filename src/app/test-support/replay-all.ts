import assert from 'node:assert/strict'
import { hashesOf, type JourneyRecord, readRecord } from '../../journey/record.ts'
import type { ReplayOverrides } from '../../journey/overrides.ts'
import { type Replay, replayJourney } from '../../journey/replay.ts'
import { type JourneyView, viewJourney } from '../../journey/view.ts'
import type { ReadPorts } from '../../store/reads.ts'

/** A journey as a test looks at it. */
export interface TestJourney {
  readonly record: JourneyRecord
  readonly view: JourneyView
  /** The status as the store has it now: later attempts change it. */
  readonly status: string
  replay(changes?: ReplayOverrides): Promise<Replay>
}

/** Opens a journey by its id, or `last`. */
export async function journeyIn(reader: ReadPorts, ref: string): Promise<TestJourney> {
  const found = await reader.journeys.find(ref)
  assert.ok(found.type === 'found', `there is no journey ${ref}`)
  const { journey } = found
  const record = readRecord(journey.json, journey.appended)
  const facts = await reader.journeys.sharedFacts(hashesOf(record.steps))
  const { messageId } = journey
  return {
    record,
    view: viewJourney(record, facts, journey),
    status: journey.status,
    replay: async (changes) => {
      const message = messageId === undefined ? undefined : await reader.messages.open(messageId)
      return replayJourney(record, facts, message?.original(), changes)
    },
  }
}

/** All journeys of a store, newest first. */
export async function journeysIn(reader: ReadPorts): Promise<readonly TestJourney[]> {
  const rows = await reader.journeys.list({ limit: 100_000 })
  return Promise.all(rows.map(({ id }) => journeyIn(reader, id)))
}

/**
 * Derives every verdict in a store again, from the records alone: each step must come out the same,
 * bit for bit, and no question may be open. Every sentence must be one that can be read.
 *
 * @returns how many journeys were replayed, and how many had nothing to replay
 */
export async function replayAll(
  reader: ReadPorts,
): Promise<{ readonly replayed: number; readonly nothing: number }> {
  let replayed = 0
  let nothing = 0
  for (const journey of await journeysIn(reader)) {
    checkWords(journey)
    const { id, steps } = journey.record
    const decided = steps.some(({ type }) => type === 'spf' || type === 'route')
    const result = await journey.replay()
    assert.ok(result.type !== 'impossible', `${id}: ${result.type}`)
    if (result.type === 'nothing') {
      assert.ok(!decided, `${id}: ${result.because}`)
      assert.equal(journey.view.replay.complete, true, id)
      nothing++
      continue
    }
    for (const { type, recorded, now, same } of result.steps) {
      // The comparison names what differs; `same` alone would only say that something does.
      if (!same) assert.deepEqual({ now }, { now: recorded }, `${id}: ${type} came out another way`)
    }
    const before = steps.filter(({ type }) => replayable.has(type)).length
    assert.equal(result.steps.length, before, `${id}: every verdict was derived again`)
    assert.deepEqual(result.missing, [], `${id}: nothing was asked that the record does not hold`)
    replayed++
  }
  return { replayed, nothing }
}

const replayable: ReadonlySet<string> = new Set([
  'spf',
  'dkim',
  'arc',
  'dmarc',
  'decision',
  'received-spf',
  'iprev',
  'route',
  'transport',
  'source',
])

/** What shows that a value got into a sentence that should not have. */
const noWords = /\bundefined\b|\bNaN\b|\[object |\.\.$/

function checkWords({ record, view }: TestJourney): void {
  assert.ok(view.steps.length >= record.steps.length, `${record.id}: every step is told`)
  for (const { id, label, question, answer } of view.steps) {
    assert.ok(label !== '' && question.endsWith('?'), `${record.id}: ${id}: "${question}"`)
    assert.match(answer, /^[^\p{Cc}]+$/u, `${record.id}: ${id}`)
    assert.doesNotMatch(answer, noWords, `${record.id}: ${id}`)
  }
  assert.doesNotMatch(view.summary, noWords, record.id)
  assert.equal(JSON.stringify(JSON.parse(JSON.stringify(record))), JSON.stringify(record))
}
