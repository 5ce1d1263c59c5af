import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Line } from './line.ts'
import { queueItem } from './test-support/queue-item.ts'

/** `a1.2` is the second recipient of the first letter of the sender a.example. */
function add(line: Line, ...names: readonly string[]): void {
  for (const name of names) {
    const [letter = ''] = name.split('.')
    line.add(queueItem(name, { messageId: letter, reversePath: `x@${letter[0] ?? ''}.example` }))
  }
}

function take(line: Line, count: number, max = 100): string {
  return line
    .take({ count, max })
    .map(({ id }) => id)
    .join(' ')
}

test('the letters of one sender leave in their order', () => {
  const line = new Line()
  add(line, 'a1', 'a2', 'a3')
  assert.deepEqual([take(line, 2), take(line, 2), take(line, 2)], ['a1 a2', 'a3', ''])
  assert.equal(line.count, 0)
})

test('senders take turns, a letter each', () => {
  const line = new Line()
  add(line, 'a1', 'a2', 'a3', 'b1', 'c1', 'c2')
  assert.equal(take(line, 4), 'a1 b1 c1 a2')
  assert.equal(take(line, 4), 'c2 a3')
})

test('a letter goes for all its recipients at once, within the limit', () => {
  const line = new Line()
  add(line, 'a1.1', 'a1.2', 'a1.3', 'a1.4', 'b1')
  assert.equal(take(line, 1, 3), 'a1.1 a1.2 a1.3')
  assert.equal(take(line, 2, 3), 'b1 a1.4')
})

test('what is put back is first again', () => {
  const line = new Line()
  add(line, 'a1', 'a2', 'b1', 'a3')
  const items = line.take({ count: 3, max: 100 })
  assert.deepEqual(
    items.map(({ id }) => id),
    ['a1', 'b1', 'a2'],
  )
  line.putBack(items)
  assert.equal(line.count, 4)
  assert.equal(take(line, 4), 'a1 b1 a2 a3')
})

test('one letter among a thousand of others is not later than second (property)', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(4)), fc.integer({ min: 1, max: 1000 }), (others, big) => {
      const line = new Line()
      for (let n = 0; n < big; n++) add(line, `z${n}`)
      for (const [n, sender] of others.entries()) add(line, `${'abcde'[sender] ?? ''}${n}`)
      add(line, 'y1')
      const senders = new Set(others).size + 2
      const all = line.take({ count: Infinity, max: Infinity }).map(({ id }) => id)
      assert.equal(all.length, big + others.length + 1)
      assert.equal(new Set(all).size, all.length)
      assert.ok(all.indexOf('y1') < senders)
    }),
  )
})

test('what is taken out is gone, wherever it stood', () => {
  const line = new Line()
  add(line, 'a1', 'a2', 'b1')
  assert.deepEqual(
    line.remove(new Set(['a1', 'b1', 'other'])).map(({ id }) => id),
    ['a1', 'b1'],
  )
  assert.deepEqual([line.count, take(line, 9)], [1, 'a2'])
})

test('who may not send now waits, with all of his letters, and the others go', () => {
  const line = new Line()
  add(line, 'a1.1', 'a1.2', 'a1.3', 'a2', 'b1', 'b2')
  let left = 2
  const admit = ({ id }: { readonly id: string }): boolean => id.startsWith('b') || left-- > 0
  const taken = line.take({ count: 9, max: 9, admit }).map(({ id }) => id)
  assert.deepEqual(taken, ['a1.1', 'a1.2', 'b1', 'b2'])
  assert.deepEqual([line.count, take(line, 9)], [2, 'a1.3 a2'])
})
