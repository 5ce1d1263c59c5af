import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { displayDomain, isWithin, parseDomain } from './domain.ts'

test('names are read into A-labels in lower case, without a trailing dot', () => {
  const names: readonly (readonly [string, string])[] = [
    ['north.example', 'north.example'],
    ['North.EXAMPLE.', 'north.example'],
    ['a', 'a'],
    ['_dmarc.north.example', '_dmarc.north.example'],
    ['1.2', '1.2'],
    ['0x7f.1', '0x7f.1'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['bücher。example', 'xn--bcher-kva.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ]
  for (const [text, wanted] of names) assert.equal(parseDomain(text), wanted, text)
})

test('what is no name is refused', () => {
  const wrong = [
    '',
    '.',
    '..',
    '.example',
    'north..example',
    'north.example..',
    '-north.example',
    'north-.example',
    'no rth.example',
    'north.example\r\n',
    'ex%41mple.org',
    'north@example',
    '[192.0.2.1]',
    'a:b',
    'a/b',
    'nor\u0000th.example',
    'nor\u202eth.example',
    `${'a'.repeat(64)}.example`,
    `${'ü'.repeat(64)}.example`,
    '\ud83d.example',
  ]
  for (const text of wrong) assert.equal(parseDomain(text), undefined, JSON.stringify(text))
})

test('a label may have 63 octets and a name 253', () => {
  const label = 'a'.repeat(63)
  const longest = [label, label, label, 'a'.repeat(61)].join('.')
  assert.equal(longest.length, 253)
  assert.equal(parseDomain(longest), longest)
  assert.equal(parseDomain(`${longest}.`), longest)
  assert.equal(parseDomain(`${longest}a`), undefined)
})

test('reading twice changes nothing, and nothing makes it throw', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom('xn--', 'xn--a', 'ü', 'ß', '.', '-', '_', 'é', '\u200d', 'א'),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const domain = parseDomain(pieces.join(''))
      if (domain === undefined) return
      assert.match(domain, /^[a-z0-9_.-]{1,253}$/)
      assert.equal(parseDomain(domain), domain)
    }),
    { numRuns: 500 },
  )
})

test('endless text is refused before it is looked at', () => {
  assert.equal(parseDomain('ü'.repeat(5_000_000)), undefined)
})

test('a name is shown in U-labels, or as it is when they are not valid', () => {
  assert.equal(displayDomain('xn--bcher-kva.example'), 'bücher.example')
  assert.equal(displayDomain('north.example'), 'north.example')
  assert.equal(displayDomain('xn--\u0080.example'), 'xn--\u0080.example')
  assert.equal(displayDomain('xn--zzzzzzzz99999.example'), 'xn--zzzzzzzz99999.example')
})

test('a name is within itself and its ancestors, by whole labels', () => {
  assert.ok(isWithin('north.example', 'north.example'))
  assert.ok(isWithin('a.b.north.example', 'north.example'))
  assert.ok(!isWithin('evilnorth.example', 'north.example'))
  assert.ok(!isWithin('example', 'north.example'))
})
