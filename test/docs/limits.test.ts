/** docs/limits.md has every limit of the settings, with its default. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeSettings } from '../../src/config/read-settings.ts'
import { codeWords, readPage, tableRows } from './page.ts'

const rows = tableRows(readPage('docs/limits.md'))

test('every setting of [limits] is in the table, with its default', () => {
  const told = new Map(
    rows.map(([name = '', value = '']) => [codeWords(name)[0] ?? name, codeWords(value)[0]]),
  )
  const settings = describeSettings().filter(({ key }) => key.startsWith('limits.'))
  assert.ok(settings.length >= 11)
  for (const { key, default: value } of settings) {
    // The half of the connections is a row of its own, above that of the connections.
    if (key === 'limits.connections') continue
    assert.equal(told.get(key), value, `${key} in docs/limits.md`)
  }
})

test('every setting that the table names is one', () => {
  const known = new Set(describeSettings().map(({ key }) => key))
  const named = rows
    .flatMap(([name = '']) => codeWords(name))
    .filter((word) => /^[a-z]+\.[a-z_]+$/.test(word))
  assert.ok(named.length >= 11)
  for (const key of named) assert.ok(known.has(key), key)
})
