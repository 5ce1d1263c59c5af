import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { QueueShape, ShapeQuery } from '../store/ports/queue-shape.ts'
import { joinedShape, shapeBy } from './shape.ts'

const counts = { total: 6, held: 1, ages: [4, 2], oldestAt: 10, nextAttemptAt: 90 }

function group(name: string, total: number, oldestAt: number, problem = '') {
  return { name, total, held: 0, ages: [total, 0], oldestAt, nextAttemptAt: 100, problem }
}

/** A queue of which so much waits for three domains, and for more that are not told. */
const whole: QueueShape = {
  ...counts,
  count: 5,
  groups: [group('a.example', 3, 10), group('b.example', 2, 20), group('c.example', 1, 5, 'full')],
}

const query = { now: 1000, ages: [5], limit: 2 } as const
const provider = 'mx1.provider.example mx2.provider.example'

test('destinations that lead to one site are counted together, the largest site first', async () => {
  const asked: ShapeQuery[] = []
  const queue = { shape: (one: ShapeQuery) => (asked.push(one), Promise.resolve(whole)) }
  const shape = await shapeBy(queue, { ...query, by: 'site' }, (names) => {
    assert.deepEqual(names, ['a.example', 'b.example', 'c.example'])
    return ['a.example', provider, provider]
  })
  assert.deepEqual([asked[0]?.by, asked[0]?.limit], ['destination', 5000])
  assert.deepEqual(
    shape.groups.map(({ name, total, ages, oldestAt, problem }) => {
      return { name, total, ages, oldestAt, problem }
    }),
    [
      { name: 'a.example', total: 3, ages: [3, 0], oldestAt: 10, problem: '' },
      { name: provider, total: 3, ages: [3, 0], oldestAt: 5, problem: 'full' },
    ],
  )
  // Two sites, and two domains that were not looked up.
  assert.equal(shape.count, 4)
  assert.deepEqual([shape.total, shape.held, shape.oldestAt], [6, 1, 10])
})

test('no more sites are told than are asked for, and without a server each is told alone', async () => {
  const queue = { shape: () => Promise.resolve(whole) }
  const alone = await shapeBy(queue, { ...query, by: 'site' }, () => undefined)
  assert.deepEqual(
    alone.groups.map(({ name }) => name),
    ['a.example', 'b.example'],
  )
  assert.equal(alone.count, 5)
})

test('who waits for the same at two servers is one group, and all else is asked of the store', async () => {
  const asked: ShapeQuery[] = []
  const queue = { shape: (one: ShapeQuery) => (asked.push(one), Promise.resolve(whole)) }
  const shape = await shapeBy(queue, { ...query, by: 'sender' }, () => {
    throw new Error('nobody asks for sites')
  })
  assert.deepEqual(asked, [{ ...query, by: 'sender' }])
  const joined = joinedShape([shape, shape], 1)
  assert.deepEqual([joined.total, joined.groups.length], [12, 1])
  assert.deepEqual([joined.groups[0]?.name, joined.groups[0]?.total], ['a.example', 6])
})
