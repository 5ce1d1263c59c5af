import assert from 'node:assert/strict'
import { test } from 'node:test'
import { count, plainly, size, span, when } from './plain.ts'

test('what turns or hides letters is shown as its number, and letters are left alone', () => {
  assert.equal(plainly('pay\u202Egpj.exe'), 'pay⟨U+202E⟩gpj.exe')
  assert.equal(plainly('a\u200bb\u00ad\u0000'), 'a⟨U+200B⟩b⟨U+00AD⟩⟨U+0000⟩')
  assert.equal(plainly('\u{e0041}'), '⟨U+E0041⟩')
  assert.equal(
    plainly('Zürich 東京 שלום\n\t👩‍👩'.replace('\u200d', '')),
    'Zürich 東京 שלום\n\t👩👩',
  )
})

test('numbers are told with as many figures as one reads', () => {
  assert.equal(span(3.14159), '3.1 ms')
  assert.equal(span(38.4), '38 ms')
  assert.equal(span(2_400), '2.4 s')
  assert.equal(span(14_400_000), '4 h')
  assert.equal(span(129_600_000), '36 h')
  assert.equal(span(172_800_000), '2 days')
  assert.equal(size(184), '184 octets')
  assert.equal(size(20_000_000), '20.0 MB')
  assert.equal(count(1, 'message'), '1 message')
  assert.equal(count(12_408, 'message'), '12\u202f408 messages')
})

test('an hour of today has no day, and what is no time is shown as it is', () => {
  const now = new Date(2026, 10, 27, 12).getTime()
  assert.equal(when(new Date(2026, 10, 27, 9, 5, 7).toISOString(), now), '09:05:07')
  assert.equal(when(new Date(2026, 10, 26, 9, 5, 7).toISOString(), now), '2026-11-26 09:05')
  assert.equal(when('soon', now), 'soon')
})
