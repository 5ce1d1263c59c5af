import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ended, listed, quoted } from './sentence.ts'

test('foreign text stays one line, turns nothing, and is cut with an ellipsis', () => {
  assert.equal(quoted(' a\r\nb\u0007\u2028c '), 'a b c')
  assert.equal(quoted('invoice\u202efdp.exe\u202c'), 'invoicefdp.exe')
  assert.equal(quoted('abcdef', 4), 'abc…')
  assert.equal(quoted('abcd', 4), 'abcd')
})

test('words are listed with commas and one and', () => {
  assert.equal(listed([]), '')
  assert.equal(listed(['a']), 'a')
  assert.equal(listed(['a', 'b', 'c']), 'a, b and c')
})

test('a sentence gets its full stop once', () => {
  assert.equal(ended('It went'), 'It went.')
  assert.equal(ended('Did it?'), 'Did it?')
})
