import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeId } from '../base/id.ts'
import { acceptance, journey, message, queueItem } from '../store/contract-cases.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { Store } from '../store/ports/store.ts'
import { chosenFilter, countWaiting, pageSize, waitingPages } from './chosen-letters.ts'

const now = Date.UTC(2026, 10, 27, 12)

async function open(ids: readonly string[]): Promise<Store> {
  const store = openMemoryStore()
  await store.post.accept(
    acceptance({
      message: message('m1', 'x'),
      queue: ids.map((id, at) => queueItem(id, { journeyId: `1m8${at % 2 === 0 ? 'aa' : 'bb'}` })),
      journeys: [journey('1m8aa'), journey('1m8bb')],
    }),
  )
  return store
}

/** The id of a millisecond. */
function idAt(ms: number): string {
  return makeId(ms, () => 0)
}

test('parts of ids become the journeys that they mean, beside the rest of the filter', async () => {
  const { queue } = await open(['q1', 'q2', 'q3'])
  const filter = { held: false }
  assert.deepEqual(await chosenFilter([queue], { filter, ids: [] }), filter)
  const one = await chosenFilter([queue], { filter, ids: ['1m8a'] })
  assert.deepEqual(one, { held: false, journeys: ['1m8aa'] })
  assert.equal(await countWaiting([queue], one), 2)
  const both = await chosenFilter([queue], { filter, ids: ['1m8aa', '8bb'] })
  assert.equal(await countWaiting([queue, queue], both), 6)
  await assert.rejects(chosenFilter([queue], { filter, ids: ['1m8a', '1m8'] }), /several ids/)
  await assert.rejects(
    chosenFilter([queue], { filter: { held: true }, ids: ['1m8a'] }),
    /No letter/,
  )
})

test('pages have all that was counted, though the queue changes meanwhile, and nothing newer', async () => {
  const ids = Array.from({ length: pageSize + 3 }, (_, at) => idAt(now - 1000 + at))
  const future = idAt(now + 3_600_000)
  const store = await open([...ids, future])
  const time = { counted: now, now: () => now + 1000 }
  const sizes: number[] = []
  const seen: string[] = []
  for await (const page of waitingPages(store.queue, {}, time)) {
    sizes.push(page.length)
    seen.push(...page.map(({ id }) => id))
    // What was seen goes, what was not comes later, and one more comes in.
    await store.queue.release(seen, now + 9999)
    if (sizes.length > 1) continue
    const queue = [queueItem(idAt(now + 500), { messageId: 'm2' })]
    await store.post.accept(acceptance({ message: message('m2', 'y'), queue }))
  }
  // An id of a later hour is of a time before the clock was set back.
  assert.deepEqual(sizes, [pageSize, 4])
  assert.deepEqual(seen, [...ids, future])
  await store.close()
})
