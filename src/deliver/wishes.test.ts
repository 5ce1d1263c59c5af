import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ending } from '../base/ending.ts'
import type { Batch } from '../post/batch.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import { testItem } from './test-support/world.ts'
import { ByWish, wishOf } from './wishes.ts'

function item(id: string, tls?: 'required' | 'waived'): QueueItem {
  return testItem({ id, dsn: tls === undefined ? {} : { tls } })
}

test('a message asks what it asks; a bounce does not insist', () => {
  assert.equal(wishOf(item('a')), 'none')
  assert.equal(wishOf(item('a', 'required')), 'required')
  assert.equal(wishOf(item('a', 'waived')), 'waived')
  const bounce = { reversePath: '' }
  assert.equal(wishOf({ ...item('a', 'required'), ...bounce }), 'none')
  assert.equal(wishOf({ ...item('a', 'waived'), ...bounce }), 'waived')
})

test('each part has what asks the same, and what comes later goes to its part', async () => {
  const later = [[item('d', 'waived'), item('e'), item('f', 'required')], [item('g', 'required')]]
  const batch: Batch = {
    destination: 'south.example',
    owner: 'me',
    ending: new Ending(),
    items: [item('a'), item('b', 'required'), item('c')],
    arrive: (site) => site === 'here',
    begin: (id) => id === 'a',
    settle: () => Promise.resolve(),
    more: () => Promise.resolve(later.shift() ?? []),
  }
  const parts = new ByWish(batch)
  const ids = (items: readonly QueueItem[]): string => items.map(({ id }) => id).join('')
  const first = parts.next()
  assert.ok(first !== undefined)
  assert.deepEqual([first.wish, ids(first.batch.items)], ['none', 'ac'])
  assert.equal(ids(await first.batch.more()), 'e')
  // Nothing of its own: the others have to wait for their turn.
  assert.equal(ids(await first.batch.more()), '')
  assert.deepEqual([first.batch.arrive('here'), first.batch.begin('b')], [true, false])
  assert.equal(ids(parts.rest), 'bfgd')
  const second = parts.next()
  assert.deepEqual([second?.wish, ids(second?.batch.items ?? [])], ['required', 'bfg'])
  const third = parts.next()
  assert.deepEqual([third?.wish, ids(third?.batch.items ?? [])], ['waived', 'd'])
  assert.equal(parts.next(), undefined)
})
