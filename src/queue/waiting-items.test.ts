import { test } from 'node:test'
import assert from 'node:assert/strict'
import type { QueueItem } from '../store/ports/queue.ts'
import { queueItem } from './test-support/queue-item.ts'
import { WaitingItems } from './waiting-items.ts'

function item(id: string, destination: string, messageId = id): QueueItem {
  return queueItem(id, { destination, messageId })
}

function take(waiting: WaitingItems, destination: string, count: number, max = 100): string {
  return waiting
    .take(destination, { count, max })
    .map(({ id }) => id)
    .join(' ')
}

test('items leave in the order in which they came', () => {
  const waiting = new WaitingItems()
  for (const id of ['1', '2', '3']) waiting.add(item(id, 'a'))
  assert.equal(waiting.count('a'), 3)
  assert.equal(take(waiting, 'a', 2), '1 2')
  assert.equal(take(waiting, 'a', 2), '3')
  assert.equal(take(waiting, 'a', 2), '')
  assert.deepEqual(waiting.destinations(), [])
})

test('a destination that was served goes to the end of the line', () => {
  const waiting = new WaitingItems()
  for (const id of ['1', '2', '3']) {
    waiting.add(item(`a${id}`, 'a'))
    waiting.add(item(`b${id}`, 'b'))
  }
  assert.deepEqual(waiting.destinations(), ['a', 'b'])
  take(waiting, 'a', 1)
  assert.deepEqual(waiting.destinations(), ['b', 'a'])
})

test('the other recipients of the last message come along, within the limit', () => {
  const waiting = new WaitingItems()
  for (const id of ['1', '2', '3', '4']) waiting.add(item(id, 'a', 'one'))
  waiting.add(item('5', 'a'))
  assert.equal(take(waiting, 'a', 1, 3), '1 2 3')
  assert.equal(take(waiting, 'a', 1), '4')
})
