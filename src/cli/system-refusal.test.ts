import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { refusedByTheSystem } from './system-refusal.ts'

function problem(code: string, path?: string): Error {
  return Object.assign(new Error(`${code}: x`), { code, ...(path === undefined ? {} : { path }) })
}

test('what the system does not allow is a sentence with what to do', () => {
  assert.deepEqual(refusedByTheSystem(problem('EACCES', '/var/lib/waybill/reports')), {
    sentence: 'Cannot read or write /var/lib/waybill/reports: this user may not open it.',
    hint: 'Run this as the user whom it belongs to (sudo -u USER …), or as root.',
  })
  assert.equal(
    refusedByTheSystem(problem('ENOSPC'))?.sentence,
    'Cannot read or write a file or the output: the disk is full.',
  )
  for (const code of ['EPERM', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE']) {
    assert.ok(refusedByTheSystem(problem(code, 'x')) !== undefined, code)
  }
})

test('all else is our fault, and told as such', () => {
  assert.equal(refusedByTheSystem(new TypeError('x is not a function')), undefined)
  assert.equal(refusedByTheSystem('EACCES'), undefined)
  assert.throws(
    () => readdirSync('/nowhere/at/all'),
    (missing) => refusedByTheSystem(missing) === undefined,
  )
})
