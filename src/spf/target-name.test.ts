import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endsInTopLabel, isAskable, isHostName } from './target-name.ts'

test('a name that a policy asks for ends in a top label, and has one before it', () => {
  const names: readonly (readonly [string, boolean])[] = [
    ['a.example', true],
    ['_spf.a.example', true],
    ['a.b-c', true],
    ['a.1x', true],
    ['a.x1', true],
    // One label alone, such as a greeting.
    ['localhost', false],
    ['x', false],
    // An address, and what the grammar of toplabel refuses besides.
    ['192.0.2.1', false],
    ['a.123', false],
    ['a.-x', false],
    ['a.x-', false],
    ['a.x_y', false],
    ['a..example', false],
    ['.example', false],
    ['', false],
    [`${'a'.repeat(64)}.example`, false],
  ]
  for (const [name, expected] of names) assert.equal(isAskable(name), expected, name)
})

test('a part of a text is looked at as if it were all of it', () => {
  const cases: readonly (readonly [string, number, number, boolean])[] = [
    ['a:b.example/24', 2, 11, true],
    ['a:b.example./24', 2, 12, true],
    // The dot stands before the part.
    ['x.example', 2, 9, false],
    ['b.example', 2, 9, false],
    ['b.example', 0, 9, true],
    ['b..', 0, 3, false],
    ['b.', 0, 2, false],
  ]
  for (const [text, from, to, expected] of cases)
    assert.equal(endsInTopLabel(text, from, to), expected, `${text} ${from} ${to}`)
})

test('the name of a mail exchange may be a single label, and is ASCII', () => {
  assert.equal(isHostName('mx'), true)
  assert.equal(isHostName('mx.bücher.example'), false)
  assert.equal(isHostName('a..b'), false)
})
