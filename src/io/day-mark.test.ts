import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DayMark } from './day-mark.ts'

test('a day is remembered as its date, and anything else in the file is none', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-day-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'data', 'mark')
  const mark = new DayMark(path)
  assert.equal(await mark.read(), undefined)
  await mark.write(Date.UTC(2026, 10, 22, 17))
  assert.equal(readFileSync(path, 'utf8'), '2026-11-22\n')
  assert.equal(await new DayMark(path).read(), Date.UTC(2026, 10, 22))
  assert.deepEqual(readdirSync(join(folder, 'data')), ['mark'])
  // For its owner only.
  assert.equal(statSync(join(folder, 'data')).mode & 0o777, 0o700)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  for (const text of ['', '2026-11-22', '2026-13-45\n', 'x2026-11-22\n']) {
    writeFileSync(path, text)
    assert.equal(await mark.read(), undefined, text)
  }
  await assert.rejects(new DayMark(folder).read(), { code: 'EISDIR' })
  await assert.rejects(new DayMark(folder).write(0), { code: 'EISDIR' })
  assert.deepEqual(readdirSync(folder), ['data'])
})
