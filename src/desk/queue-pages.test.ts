import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WaybillError } from '../base/error.ts'
import { queueItem } from '../queue/test-support/queue-item.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { WaitingLetters } from './queue.ts'
import { changeInPages } from './queue-pages.ts'

async function* pages(...ids: readonly string[][]): AsyncGenerator<readonly QueueItem[]> {
  for (const page of ids) yield page.map((id) => queueItem(id))
}

test('each page is a request of its own, and only the last leaves the act for all', async () => {
  const parts: unknown[] = []
  const told: number[] = []
  const change = ({ items, before, more }: WaitingLetters) => {
    parts.push([items.map(({ id }) => id), before, more])
    const refused = items.some(({ id }) => id === 'b') ? [{ id: 'b', because: 'gone' }] : []
    return Promise.resolve({ letters: items.length - refused.length, left: 1, refused })
  }
  const sum = await changeInPages(pages(['a', 'b'], ['c'], ['d']), ['x'], change, (count) => {
    told.push(count)
  })
  assert.deepEqual(parts, [
    [['a', 'b'], 0, true],
    [['c'], 1, true],
    [['d'], 2, false],
  ])
  assert.deepEqual([sum.letters, sum.left, told], [3, 3, [1, 2, 3]])
  assert.deepEqual(
    sum.refused.map(({ item, because }) => [item.id, item.recipient, because]),
    [['b', queueItem('b').recipient, 'gone']],
  )
})

test('nothing is asked for where there is nothing', async () => {
  const sum = await changeInPages(pages(), ['x'], () => assert.fail('it was asked'))
  assert.deepEqual(sum, { letters: 0, left: 0, refused: [] })
})

test('when a page fails the act of those before is left, and who asked is told how many', async () => {
  const parts: unknown[] = []
  const full = new WaybillError('store-full', 'The disk is full.', { hint: 'Make room.' })
  const change = ({ items, before, more }: WaitingLetters) => {
    parts.push([items.map(({ id }) => id), before, more])
    if (items.some(({ id }) => id === 'b')) return Promise.reject(full)
    return Promise.resolve({ letters: items.length, left: 0 })
  }
  await assert.rejects(changeInPages(pages(['a'], ['b'], ['c']), ['x'], change), (problem) => {
    assert.ok(problem instanceof WaybillError)
    assert.equal(problem.hint, '1 were changed before that. Make room.')
    return problem.code === 'store-full' && problem.cause === full
  })
  assert.deepEqual(parts, [
    [['a'], 0, true],
    [['b'], 1, true],
    [[], 1, false],
  ])
  await assert.rejects(changeInPages(pages(['b']), ['x'], change), full)
})
