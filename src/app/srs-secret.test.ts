import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Residents } from '../directory/address-table.ts'
import { dataFolder } from '../store/data-folder.ts'
import { waysBack } from './srs-secret.ts'

const off = { verp: [], envelope_id: false }
const plain: Residents = { domains: ['South.example'], accounts: [] }
const onward: Residents = {
  ...plain,
  aliases: [{ address: 'a@south.example', to: ['x@north.example'], send: false }],
}

function folderOf(t: TestContext): { readonly folder: string; readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return { folder, file: join(dataFolder(folder).root, 'srs-secret') }
}

test('the secret is made when it is wanted for the first time, and kept', (t) => {
  for (const [residents, bounces] of [
    [onward, off],
    [plain, { ...off, verp: ['*'] }],
    [plain, { ...off, envelope_id: true }],
  ] as const) {
    const { folder, file } = folderOf(t)
    assert.deepEqual(waysBack(folder, plain, off), {})
    assert.ok(!existsSync(file))
    const { srs, marks } = waysBack(folder, residents, bounces)
    assert.equal(srs?.domain, 'south.example')
    assert.ok(srs !== undefined && srs.secret.length >= 20)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    const { verp, envelope_id: envelopeId } = bounces
    assert.deepEqual(marks, { secret: srs.secret, verp, envelopeId })
    // What left before is known, though nothing leaves so any more.
    const after = waysBack(folder, plain, off)
    assert.deepEqual(after.marks, { secret: srs.secret, verp: [], envelopeId: false })
  }
})

test('an emptied file is no secret', (t) => {
  const { folder, file } = folderOf(t)
  waysBack(folder, onward, off)
  writeFileSync(file, '\n')
  assert.deepEqual(waysBack(folder, plain, off), {})
  assert.notEqual(waysBack(folder, onward, off).srs?.secret, '')
})
