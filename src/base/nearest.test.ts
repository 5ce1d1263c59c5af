import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nearest } from './nearest.ts'

const keys = ['smtp', 'submission', 'submissions', 'address', 'timeout_ms']

test('a word with a slip finds what was meant', () => {
  assert.equal(nearest('smpt', keys), 'smtp')
  assert.equal(nearest('Submision', keys), 'submission')
  assert.equal(nearest('submissionss', keys), 'submissions')
  assert.equal(nearest('adress', keys), 'address')
  assert.equal(nearest('timeoutms', keys), 'timeout_ms')
})

test('a word far from all finds nothing', () => {
  assert.equal(nearest('colour', keys), undefined)
  assert.equal(nearest('x', ['smtp']), undefined)
  assert.equal(nearest('smtp', []), undefined)
})

test('of equally near candidates the first is taken', () => {
  assert.equal(nearest('cat', ['bat', 'hat']), 'bat')
})

test('one change is always found, in any place', () => {
  const word = fc.stringMatching(/^[a-z]{3,20}$/)
  fc.assert(
    fc.property(word, fc.nat(19), (text, place) => {
      const at = place % text.length
      assert.equal(nearest(text.slice(0, at) + text.slice(at + 1), [text]), text)
      assert.equal(nearest(`${text.slice(0, at)}#${text.slice(at)}`, [text]), text)
    }),
  )
})

test('words of 64 characters are compared, longer ones are not', () => {
  const word = 'a'.repeat(63)
  assert.equal(nearest(`${word}b`, [`${word}c`]), `${word}c`)
  assert.equal(nearest(`${word}bb`, [`${word}cb`]), undefined)
})

test('endless words cost nothing', () => {
  const long = 'a'.repeat(1_000_000)
  assert.equal(nearest(long, [`${long}b`]), undefined)
  assert.equal(nearest('smtp', [long]), undefined)
})
