/** The examples of the pages on the doors are run as they stand there, by the program's own names. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

import { codeBlocks, readPage, root } from './page.ts'

const doors = ['arc', 'auth-results', 'dkim', 'dmarc', 'spf']
const example = /^```ts\n([^]*?)^```\n\nIt prints:\n\n^```text\n([^]*?)^```$/gm

async function run(source: string): Promise<string> {
  const options = ['--conditions=waybill-source', '--input-type=module-typescript', '-e', source]
  const { stdout } = await promisify(execFile)(process.execPath, options, { cwd: root })
  // Header fields have folds, which end with CRLF.
  return stdout.replaceAll('\r\n', '\n').trimEnd()
}

for (const door of doors) {
  const path = `docs/${door}.md`
  const page = readPage(path)
  const examples = Array.from(page.matchAll(example))

  for (const [, source = '', expected = ''] of examples) {
    const title = source.trim().split('\n')[0] ?? ''
    test(`${path}: the example prints what the page says: ${title}`, async () => {
      assert.equal(await run(source), expected.trimEnd())
    })
  }

  test(`${path}: every example is run`, () => {
    assert.ok(examples.length > 0)
    assert.equal(codeBlocks(page, 'ts').length, examples.length)
  })
}
