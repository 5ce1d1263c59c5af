import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { defaultDkimLimits } from './dkim.ts'

const page = readFileSync(new URL('../../docs/dkim.md', import.meta.url), 'utf8')

test('the page names every limit with its default', () => {
  for (const [name, value] of Object.entries(defaultDkimLimits)) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``))
    assert.ok(row?.endsWith(` ${value.toLocaleString('en')} |`), name)
  }
})
