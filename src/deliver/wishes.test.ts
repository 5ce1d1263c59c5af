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
  const own = parts.batchOf(first)
  assert.deepEqual([first.wish, ids(own.items)], ['none', 'ac'])
  assert.equal(ids(await own.more()), 'e')
  // Nothing of its own: the others have to wait for their turn.
  assert.equal(ids(await own.more()), '')
  assert.deepEqual([own.arrive('here'), own.begin('b')], [true, false])
  assert.equal(ids(parts.rest), 'bfgd')
  const second = parts.next()
  assert.deepEqual([second?.wish, ids(second?.items ?? [])], ['required', 'bfg'])
  const third = parts.next()
  assert.deepEqual([third?.wish, ids(third?.items ?? [])], ['waived', 'd'])
  assert.equal(parts.next(), undefined)
})

test('a part goes from one source, with as many letters as that may send', async () => {
  const later = [[item('e', 'required'), item('f'), item('g'), item('h')]]
  const batch: Batch = {
    destination: 'south.example',
    owner: 'me',
    ending: new Ending(),
    items: ['a', 'b', 'c', 'd'].map((id) => item(id)),
    arrive: () => true,
    begin: () => true,
    settle: () => Promise.resolve(),
    more: () => Promise.resolve(later.shift() ?? []),
  }
  const lane = { pool: 'news', by: 'domain' } as const
  const parts = new ByWish(batch, ({ id }) => ({ ...lane, home: id === 'b' ? 'two' : 'one' }))
  const ids = (items: readonly QueueItem[]): string => items.map(({ id }) => id).join('')
  const first = parts.next()
  assert.ok(first !== undefined)
  assert.deepEqual([first.lane?.home, ids(first.items)], ['one', 'acd'])
  const asked: number[] = []
  const own = parts.batchOf(first, 2, (joining) => Promise.resolve(asked.push(joining)))
  assert.deepEqual([ids(own.items), ids(parts.rest)], ['ac', 'bd'])
  // What waited for its turn in the same lane comes first, and one of all may join.
  assert.deepEqual([ids(await own.more()), asked], ['d', [4]])
  assert.deepEqual([ids(await own.more()), asked], ['fg', [4, 3]])
  assert.equal(ids(parts.rest), 'beh')
})

test('what met something is a part of its own, which nothing joins', async () => {
  const later = [[item('e')]]
  const batch: Batch = {
    destination: 'south.example',
    owner: 'me',
    ending: new Ending(),
    items: ['a', 'b', 'c', 'd'].map((id) => item(id)),
    arrive: () => true,
    begin: () => true,
    settle: () => Promise.resolve(),
    more: () => Promise.resolve(later.shift() ?? []),
  }
  const parts = new ByWish(batch)
  const ids = (items: readonly QueueItem[] = []): string => items.map(({ id }) => id).join('')
  const first = parts.next()
  assert.ok(first !== undefined && first.met === undefined)
  const met = [{ type: 'withdrawn' }] as never
  parts.again(first, [], met)
  assert.equal(parts.next(), undefined)
  parts.again(first, first.items.slice(0, 1), met)
  parts.again(first, first.items.slice(1, 3), met)
  parts.wait(first.items.slice(3))
  const one = parts.next()
  assert.ok(one !== undefined)
  assert.deepEqual([ids(one.items), one.met], ['a', met])
  const two = parts.next()
  assert.ok(two !== undefined)
  // One of them has no room in the next source: it still tells what it met.
  const own = parts.batchOf(two, 1)
  assert.deepEqual([ids(own.items), ids(await own.more())], ['b', ''])
  const plain = parts.next()
  assert.deepEqual([ids(plain?.items), plain?.met], ['d', undefined])
  const rest = parts.next()
  assert.deepEqual([ids(rest?.items), rest?.met], ['c', met])
  assert.deepEqual(later, [[item('e')]])
})
