import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lettersTo, listPath, removeQuestion, shownBy, type Suppressed } from './model.ts'

test('what the address of the page says is what is asked of the server', () => {
  const asked = (text: string): string => listPath(shownBy(new URLSearchParams(text)))
  assert.equal(asked(''), '/v1/suppressions?limit=50')
  assert.equal(
    asked('q=a%2Bb%40north&reason=complaint&after=x%40y.example&other=1'),
    '/v1/suppressions?limit=50&q=a%2Bb%40north&reason=complaint&after=x%40y.example',
  )
})

test('letters to an address are found, also to one with a space', () => {
  assert.equal(lettersTo('ann+x@north.example'), '/?q=to%3Aann%2Bx%40north.example')
  assert.equal(
    new URL(lettersTo('"a b"@c.example'), 'http://x').searchParams.get('q'),
    'to:""a b"@c.example"',
  )
})

test('who takes an address off the list is told what follows', () => {
  const one = { address: 'a@b.example', since: '', until: null, why: '', journey: null }
  const asked = (reason: Suppressed['reason']): string => removeQuestion({ ...one, reason })
  assert.match(asked('hard-bounce'), /^Send to a@b\.example again\? If its server still refuses/)
  assert.match(asked('complaint'), /complained/)
  assert.match(asked('by-hand'), /go out from now on/)
})
