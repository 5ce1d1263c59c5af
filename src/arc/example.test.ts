/** The example of docs/arc.md is run as it stands there, and the page names what the door has. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { defaultArcLimits, maxResultsLength } from './arc.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/arc.md'), 'utf8')

function block(language: string): string {
  const found = new RegExp(`\`\`\`${language}\n([^]*?)\n\`\`\``).exec(page)?.[1]
  assert.ok(found !== undefined, `docs/arc.md has no block of ${language}`)
  return found
}

test('the example prints what the page says', () => {
  const output = execFileSync(
    process.execPath,
    ['--conditions=waybill-source', '--input-type=module-typescript', '-e', block('ts')],
    { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  )
  // The field has folds, which end with CRLF.
  assert.equal(output.replaceAll('\r\n', '\n').trimEnd(), block('text'))
})

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
    '**Sealing is off**',
  ]) {
    assert.ok(page.includes(word), word)
  }
})
