import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TextMemo } from './text-memo.ts'

test('a text is read once while it is among the last ones, and again afterwards', () => {
  const read: string[] = []
  const memo = new TextMemo(
    (text) => {
      read.push(text)
      return { text }
    },
    { maxTexts: 2, maxLength: 10 },
  )
  const first = memo.get('a')
  assert.equal(memo.get('a'), first)
  memo.get('b')
  assert.equal(memo.get('a'), first)
  memo.get('c')
  assert.deepEqual(memo.get('a'), { text: 'a' })
  assert.notEqual(memo.get('a'), first)
  assert.deepEqual(read, ['a', 'b', 'c', 'a'])
})

test('a text that is too long is read each time, and keeps no other from its place', () => {
  const memo = new TextMemo((text) => ({ text }), { maxTexts: 1, maxLength: 3 })
  const kept = memo.get('abc')
  assert.notEqual(memo.get('abcd'), memo.get('abcd'))
  assert.equal(memo.get('abc'), kept)
})
