import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { importBundle } from '../../desk/bundle-import.ts'
import { openBundled } from '../../desk/bundle-reading.ts'
import { type ExportedJourney, exportLines } from '../../desk/bundles.ts'
import { replayOpened } from '../../desk/replays.ts'
import { packLines, readPackedLines } from '../../io/bundle-file.ts'
import type { JourneyView } from '../../journey/view.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import type { ReadPorts } from '../../store/reads.ts'
import { journeysIn, type TestJourney } from './replay-all.ts'

const made = { version: '0', now: 0 }

/**
 * Puts all journeys of a store into bundles: each comes out as it went in, bit for bit, here and in
 * another store; and out of a redacted one comes every verdict and nobody's address.
 */
export async function bundleAll(reader: ReadPorts): Promise<void> {
  const journeys = await journeysIn(reader)
  const packed = await packLines(exportLines(await exported(reader, journeys), made))
  const store = openMemoryStore()
  const imported = await importBundle(readPackedLines(packed), store)
  assert.equal(imported.journeys, journeys.length)
  for (const journey of journeys) {
    const { id } = journey.record
    const bundled = await openBundled(readPackedLines(packed), id)
    assert.deepEqual(bundled.view, journey.view, id)
    const replayed = await replayOpened(bundled, { dns: [] })
    assert.deepEqual(replayed, await journey.replay(), id)
    await checkStored(reader, store, id)
  }
  // What is exported again is the same, line by line.
  const again = exportLines(await exported(store, journeys), made)
  assert.deepEqual(await linesOf(again), await linesOf(readPackedLines(packed)))
  const second = await importBundle(readPackedLines(packed), store)
  assert.deepEqual(second, { journeys: 0, known: journeys.length, messages: 0 })
  await store.close()
  await checkRedacted(reader, journeys)
}

async function exported(
  reader: ReadPorts,
  journeys: readonly TestJourney[],
): Promise<readonly ExportedJourney[]> {
  return await Promise.all(
    journeys.map(async ({ record }) => {
      const found = await reader.journeys.find(record.id)
      assert.ok(found.type === 'found')
      return { reader, stored: found.journey }
    }),
  )
}

/** What is in both stores of a journey is the same, but for when it was written down. */
async function checkStored(from: ReadPorts, to: ReadPorts, id: string): Promise<void> {
  const [before, after] = await Promise.all([from.journeys.find(id), to.journeys.find(id)])
  assert.ok(before.type === 'found' && after.type === 'found')
  const { writtenAt: _before, ...one } = before.journey
  const { writtenAt: _after, ...other } = after.journey
  assert.deepEqual(other, one, id)
  const { messageId } = one
  if (messageId === undefined) return
  const [sent, got] = [await from.messages.open(messageId), await to.messages.open(messageId)]
  assert.ok(sent !== undefined && got !== undefined)
  assert.equal(await hashOf(got.chunks()), await hashOf(sent.chunks()))
  assert.equal(await hashOf(got.original()), await hashOf(sent.original()))
}

async function hashOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

async function checkRedacted(reader: ReadPorts, journeys: readonly TestJourney[]): Promise<void> {
  const redactWith = new Uint8Array(32).fill(7)
  const lines = exportLines(await exported(reader, journeys), { ...made, redactWith })
  const packed = await packLines(lines)
  const text = (await linesOf(readPackedLines(packed))).join('\n').toLowerCase()
  for (const { record, view } of journeys) {
    for (const address of addressesIn(record)) assert.ok(!text.includes(address), address)
    // A subject of one word may be a part of a name.
    const { subject } = record
    if (subject.includes(' ')) assert.ok(!text.includes(subject.toLowerCase()), subject)
    const bundled = await openBundled(readPackedLines(packed), record.id)
    assert.deepEqual(verdictsIn(bundled.view), verdictsIn(view), record.id)
    assert.equal(bundled.redacted, true)
  }
}

/** Every address in a record, wherever it stands. */
function addressesIn(record: TestJourney['record']): readonly string[] {
  const { subject: _told, ...rest } = record
  const all = JSON.stringify(rest).matchAll(/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g)
  return Array.from(new Set(Array.from(all, ([address]) => address.toLowerCase())))
}

function verdictsIn({ outcome, steps }: JourneyView): unknown {
  const told = steps.map(({ id, verdict, result, asked_for, did }) => {
    return { id, verdict, result, asked_for, did }
  })
  return { status: outcome.status, code: outcome.smtp?.code, told }
}

async function linesOf(lines: AsyncIterable<string>): Promise<readonly string[]> {
  const all: string[] = []
  for await (const line of lines) all.push(line)
  return all
}
