/** docs/rfc.md has every RFC that the code cites, in one of the states it explains. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { codeWords, readPage, root, tableRows } from './page.ts'

const states = ['full', 'partial', 'planned', 'no', 'basis']
const rows = tableRows(readPage('docs/rfc.md')).map(([rfcs = '', what, state = '', where = '']) => {
  return { rfcs: rfcs.split(' '), what, state, where }
})

function sources(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
}

test('every RFC that the code cites is in the table, once', () => {
  const listed = rows.flatMap(({ rfcs }) => rfcs)
  assert.equal(new Set(listed).size, listed.length)
  const missing = new Set<string>()
  for (const path of sources(join(root, 'src'))) {
    for (const [, number = ''] of readFileSync(path, 'utf8').matchAll(/\bRFCs? ?(\d{3,5})\b/g)) {
      if (!listed.includes(number)) missing.add(`${number} in ${path.slice(root.length + 1)}`)
    }
  }
  assert.deepEqual(Array.from(missing), [])
})

test('every state is one of those explained, and what is there says where', () => {
  for (const { rfcs, state, where } of rows) {
    assert.ok(states.includes(state), `${rfcs.join(' ')}: ${state}`)
    if (state === 'planned' || state === 'no') continue
    assert.match(where, /\S/, `${rfcs.join(' ')} has no place`)
  }
})

test('what is full or partial is cited in the code', () => {
  const all = sources(join(root, 'src')).map((path) => readFileSync(path, 'utf8'))
  const cited = new Set(
    all.flatMap((text) => Array.from(text.matchAll(/\b(?:RFCs? )?(\d{3,5})\b/g), ([, n]) => n)),
  )
  for (const { rfcs, state, where } of rows) {
    if (state === 'planned' || state === 'no') continue
    for (const rfc of rfcs) assert.ok(cited.has(rfc), `RFC ${rfc} is ${state} and cited nowhere`)
    assert.ok(codeWords(where).length > 0 || state === 'basis' || /port|engine/.test(where), where)
  }
})
