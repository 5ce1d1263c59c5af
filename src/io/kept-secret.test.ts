import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { testFolder } from '../store/test-folder.ts'
import { makeSecret, readSecret } from './kept-secret.ts'

test('a secret that is made is read again, by its user alone, and nothing is left beside it', (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const file = join(folder, 'secret')
  assert.equal(readSecret(file), undefined)
  const secret = makeSecret(file)
  assert.equal(readSecret(file), secret)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(folder), ['secret'])
  assert.notEqual(makeSecret(file), secret)
})

test('a secret that was cut anywhere is refused, and an empty file is none', (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const file = join(folder, 'secret')
  makeSecret(file)
  const whole = readFileSync(file, 'utf8').trim()
  for (let length = 1; length < whole.length; length++) {
    writeFileSync(file, whole.slice(0, length))
    assert.throws(() => readSecret(file), { code: 'key-unusable' }, `${length}`)
  }
  for (const other of [
    'a',
    `${whole}x`,
    whole.replace('wb_live_', 'wb_test_'),
    `${whole} ${whole}`,
  ]) {
    writeFileSync(file, other)
    assert.throws(() => readSecret(file), { code: 'key-unusable' }, other)
  }
  for (const none of ['', '\n', ' \n']) {
    writeFileSync(file, none)
    assert.equal(readSecret(file), undefined)
  }
})
