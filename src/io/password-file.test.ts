import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { readPasswordFile } from './password-file.ts'

function fileWith(t: TestContext, content: string | Uint8Array, mode = 0o600): string {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'password')
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

for (const [content, password] of [
  ['secret', 'secret'],
  ['secret\n', 'secret'],
  ['secret\r\n', 'secret'],
  [' with spaces \n', ' with spaces '],
  ['gehei\u{df}', 'gehei\u{df}'],
] as const) {
  test(`a file with ${JSON.stringify(content)} holds ${JSON.stringify(password)}`, (t) => {
    assert.deepEqual(readPasswordFile(fileWith(t, content)), { ok: true, value: password })
  })
}

for (const [content, problem] of [
  ['', /is empty/],
  ['\n', /is empty/],
  ['one\ntwo\n', /more than one line/],
  ['a\0b', /more than one line/],
  ['x'.repeat(1025), /longer than 1024/],
  [Uint8Array.of(0xff), /is not UTF-8/],
] as const) {
  test(`a file that is no password is told: ${problem.source}`, (t) => {
    const read = readPasswordFile(fileWith(t, content))
    assert.ok(!read.ok)
    assert.match(read.problem, problem)
  })
}

test('what others may read is not taken, nor what is not there', (t) => {
  for (const mode of [0o604, 0o640, 0o620, 0o601]) {
    const read = readPasswordFile(fileWith(t, 'secret', mode))
    assert.ok(!read.ok)
    assert.match(read.problem, /chmod 600/)
  }
  const gone = readPasswordFile('/nowhere/at/all')
  assert.ok(!gone.ok)
  assert.match(gone.problem, /^"\/nowhere\/at\/all": there is no such file$/)
})
