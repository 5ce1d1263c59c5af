import assert from 'node:assert/strict'
import { test } from 'node:test'

import { gatherResults, splitMessage } from './arc.ts'

function gather(...values: readonly string[]): string | undefined {
  const lines = values.map((value) => `Authentication-Results: ${value}\r\n`).join('')
  const { fields } = splitMessage(Buffer.from(`From: a@b.example\r\n${lines}\r\n`)).header
  return gatherResults(fields, 'mx.south.example')
}

test('the statements of one server are gathered, in their order', () => {
  assert.equal(
    gather(
      'mx.south.example; spf=pass smtp.mailfrom=a.example',
      'other.example; spf=fail',
      'MX.South.Example 1;\r\n dkim=pass header.d=a.example;\r\n dmarc=pass;',
    ),
    'spf=pass smtp.mailfrom=a.example; dkim=pass header.d=a.example;\r\n dmarc=pass',
  )
})

test('the name is read as RFC 8601 has it', () => {
  for (const [value, said] of [
    ['mx.south.example; spf=pass', 'spf=pass'],
    [' (hi) mx.south.example (x) 1 (y); spf=pass', 'spf=pass'],
    ['"mx.south.example"; spf=pass', 'spf=pass'],
    ['"mx.south\\.example"; spf=pass', 'spf=pass'],
    ['mx.south.example;spf=pass', 'spf=pass'],
    ['mx.south.example; spf=pass ; \t', 'spf=pass'],
    ['mx.south.example;\tspf=pass \t', 'spf=pass'],
    ['mx.south.example.; spf=pass', undefined],
    ['x mx.south.example; spf=pass', undefined],
    ['mx.south.example spf=pass', undefined],
    ['(mx.south.example; spf=pass', undefined],
    ['"mx.south.example; spf=pass', undefined],
    ['mx.south.example; none', undefined],
    ['mx.south.example;', undefined],
    ['mx.south.example', undefined],
    ['', undefined],
  ] as const) {
    assert.equal(gather(value), said, value)
  }
})

test('a field that says none adds nothing to one that says something', () => {
  assert.equal(gather('mx.south.example; none', 'mx.south.example; spf=pass'), 'spf=pass')
})

test('text beyond ASCII is taken as UTF-8', () => {
  assert.equal(gather('mx.south.example; spf=pass (grüße)'), 'spf=pass (grüße)')
})
