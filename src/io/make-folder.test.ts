import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { WaybillError } from '../base/error.ts'
import { makeFolder } from './make-folder.ts'

function place(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-folder-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function isUsage(words: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof WaybillError && error.code === 'usage' && words.test(error.message)
}

test('what is missing is made, for its owner alone, and told from the outside in', (t) => {
  const root = place(t)
  const [a, b] = [join(root, 'a'), join(root, 'a', 'b')]
  assert.deepEqual(makeFolder(b), [a, b])
  assert.equal(statSync(b).mode & 0o777, 0o700)
  assert.equal(statSync(a).mode & 0o777, 0o700)
  assert.deepEqual(makeFolder(b), [])
  assert.deepEqual(makeFolder(join(b, '..', 'c')), [join(a, 'c')])
})

test('where nothing can be made there is a sentence at once, and no endless walk', (t) => {
  if (!existsSync('/proc/self')) return t.skip('there is no /proc here')
  const words = /^There can be no folder \/proc\/x(\/y\/z)?: \/proc takes no folders\.$/
  assert.throws(() => makeFolder('/proc/x'), isUsage(words))
  assert.throws(() => makeFolder('/proc/x/y/z'), isUsage(words))
})

test('a file in the way, or in place of the folder, is named', (t) => {
  const file = join(place(t), 'file')
  writeFileSync(file, '')
  const words = /\/file is a file\.$/
  assert.throws(() => makeFolder(file), isUsage(words))
  assert.throws(() => makeFolder(join(file, 'below', 'it')), isUsage(words))
})

test('a name that no file system takes is told as that', (t) => {
  const long = join(place(t), 'x'.repeat(300))
  assert.throws(() => makeFolder(long), isUsage(/its name is too long\.$/))
})
