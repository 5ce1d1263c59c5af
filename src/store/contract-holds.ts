import assert from 'node:assert/strict'
import type { OpenUnderTest } from './contract-cases.ts'
import { acceptance, journey, message, now, queueItem, storeTests } from './contract-cases.ts'
import type { ToldItem } from './ports/queue.ts'
import type { Store } from './ports/store.ts'

async function fill(store: Store): Promise<void> {
  const ids = ['q1', 'q2', 'q3']
  const queue = [
    ...ids.map((id) => queueItem(id, { journeyId: `j-${id}` })),
    queueItem('q4', { journeyId: 'gone' }),
  ]
  const journeys = ids.map((id) => journey(`j-${id}`, { direction: 'out' }))
  await store.post.accept(acceptance({ message: message('m1', 'x'), queue, journeys }))
}

/** What each journey was told. */
async function toldIn(store: Store): Promise<readonly string[]> {
  const found = await store.journeys.listed(['j-q1', 'j-q2', 'j-q3'])
  return found.map(({ appended }) => appended.join(' '))
}

function telling(word: string, ...ids: readonly string[]): readonly ToldItem[] {
  return ids.map((queueId) => ({ queueId, steps: `[{"type":"${word}"}]` }))
}

export function registerHoldTests(name: string, open: OpenUnderTest): void {
  const storeTest = storeTests(name, open)

  storeTest('a hold is told in the journeys of those that are held by it', async (store) => {
    await fill(store)
    const { queue } = store
    await queue.hold(['q1'], { reason: 'one' })
    const told = telling('held', 'q1', 'q2', 'q4', 'none')
    assert.equal(await queue.hold(['q1', 'q2', 'q4'], { reason: 'one', told }), 2)
    assert.deepEqual(await toldIn(store), ['', '[{"type":"held"}]', ''], 'q1 is as it was')
    const other = { reason: 'other', until: now + 1, told: telling('again', 'q1', 'q3') }
    assert.equal(await queue.hold(['q1'], other), 0)
    assert.deepEqual(await toldIn(store), ['[{"type":"again"}]', '[{"type":"held"}]', ''])
  })

  storeTest('a release is told in the journeys of those that were held', async (store) => {
    await fill(store)
    await store.queue.hold(['q2', 'q4'])
    const told = telling('released', 'q1', 'q2', 'q4')
    assert.equal(await store.queue.release(['q1', 'q2', 'q4'], now, told), 3)
    assert.deepEqual(await toldIn(store), ['', '[{"type":"released"}]', ''])
  })
}
