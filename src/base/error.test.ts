import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf, WaybillError } from './error.ts'
import { bad, ok } from './result.ts'

test('an error has its code, what to do, and what caused it', () => {
  const cause = new Error('ENOSPC')
  const error = new WaybillError('store-full', 'The disk is full.', { cause, hint: 'Make room.' })
  assert.ok(error instanceof Error)
  assert.equal(error.name, 'WaybillError')
  assert.equal(error.code, 'store-full')
  assert.equal(error.hint, 'Make room.')
  assert.equal(error.cause, cause)
})

test('an error without a cause has no field for one', () => {
  const error = new WaybillError('usage', 'Say what to start.')
  assert.ok(!('cause' in error))
  assert.equal(error.hint, undefined)
})

test('a result is either a value or a problem', () => {
  assert.deepEqual(ok(1), { ok: true, value: 1 })
  assert.deepEqual(bad('empty'), { ok: false, problem: 'empty' })
})

test('the code of what was thrown is what it says, and nothing where it says none', () => {
  assert.equal(codeOf(Object.assign(new Error('x'), { code: 'ENOENT' })), 'ENOENT')
  assert.equal(codeOf(Object.assign(new Error('x'), { code: 13 })), 13)
  assert.equal(codeOf(new WaybillError('usage', 'x')), 'usage')
  for (const other of [new Error('x'), { code: 'ENOENT' }, 'ENOENT', null, undefined])
    assert.equal(codeOf(other), undefined)
})
