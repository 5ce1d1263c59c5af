import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { defaultArcLimits, maxResultsLength } from './arc.ts'

const page = readFileSync(new URL('../../docs/arc.md', import.meta.url), 'utf8')

test('the page names every limit with its default', () => {
  for (const [name, value] of Object.entries(defaultArcLimits)) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``))
    assert.ok(row?.endsWith(` ${value.toLocaleString('en')} |`), name)
  }
  assert.ok(page.includes(`at most ${maxResultsLength.toLocaleString('en')} characters`))
})

test('the page says what ARC is good for', () => {
  for (const word of [
    'Historic',
    '**information**',
    '`trusted_forwarders`',
    '**Sealing** is for mail that is [handed on',
  ]) {
    assert.ok(page.includes(word), word)
  }
})
