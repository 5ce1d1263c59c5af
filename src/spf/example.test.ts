/** The example of docs/spf.md is run as it stands there. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/spf.md'), 'utf8')

function block(language: string): string {
  const found = new RegExp(`\`\`\`${language}\n([^]*?)\n\`\`\``).exec(page)?.[1]
  assert.ok(found !== undefined, `docs/spf.md has no block of ${language}`)
  return found
}

test('the example prints what the page says', () => {
  const output = execFileSync(
    process.execPath,
    ['--conditions=waybill-source', '--input-type=module-typescript', '-e', block('ts')],
    { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  )
  assert.equal(output.trimEnd(), block('text'))
})
