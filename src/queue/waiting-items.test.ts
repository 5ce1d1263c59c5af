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

test('the destinations of senders come in turn, however many one of them has', () => {
  const waiting = new WaitingItems()
  const from = (sender: string, id: string, destination: string): QueueItem => {
    return queueItem(id, { destination, reversePath: `x@${sender}.example` })
  }
  for (let n = 0; n < 1000; n++) waiting.add(from('big', `b${n}`, `d${n}`))
  waiting.add(from('small', 's', 'other'))
  waiting.add(from('third', 't', 'd900'))
  assert.deepEqual(waiting.destinations().slice(0, 4), ['d0', 'other', 'd900', 'd1'])
  assert.equal(new Set(waiting.destinations()).size, 1001)
  assert.deepEqual(waiting.sendersWith(2), ['big.example'])
  take(waiting, 'd0', 1)
  assert.deepEqual(waiting.destinations().slice(0, 3), ['other', 'd900', 'd1'])
  take(waiting, 'other', 1)
  take(waiting, 'd900', 9)
  assert.deepEqual(waiting.destinations().slice(0, 2), ['d1', 'd2'])
  assert.equal(waiting.total, 998)
})

test('the higher priority comes first, among destinations and within one', () => {
  const waiting = new WaitingItems()
  waiting.add(item('1', 'a'))
  waiting.add(queueItem('2', { destination: 'b', priority: -3 }))
  waiting.add(queueItem('3', { destination: 'b', priority: 7 }))
  waiting.add(queueItem('4', { destination: 'b' }))
  assert.deepEqual(waiting.destinations(), ['b', 'a'])
  assert.equal(take(waiting, 'b', 9), '3 4 2')
  assert.deepEqual(waiting.destinations(), ['a'])
})

test('what is put back counts again, and what is taken out does not', () => {
  const waiting = new WaitingItems()
  for (const id of ['1', '2', '3']) waiting.add(item(id, 'a'))
  waiting.putBack('a', waiting.take('a', { count: 2, max: 2 }))
  assert.deepEqual([waiting.total, waiting.count('a'), waiting.sendersWith(3).length], [3, 3, 1])
  assert.deepEqual(waiting.remove(new Set(['2', 'other'])), ['2'])
  assert.deepEqual([waiting.total, take(waiting, 'a', 9)], [2, '1 3'])
  assert.deepEqual([waiting.total, waiting.sendersWith(1)], [0, []])
})
