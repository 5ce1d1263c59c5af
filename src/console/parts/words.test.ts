import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wordsIn } from './words.ts'

test('words stand between spaces and commas', () => {
  assert.deepEqual(wordsIn(' a.example, b.example c.example '), [
    'a.example',
    'b.example',
    'c.example',
  ])
  assert.deepEqual(wordsIn(' '), [])
})
