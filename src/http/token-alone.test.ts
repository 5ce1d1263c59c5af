import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operatorAccess } from './access.ts'
import { ProblemError } from './problem.ts'
import { notByTokenAlone } from './token-alone.ts'

test('with a second factor the operator’s token opens nothing by itself', async () => {
  const has = { factor: false }
  const access = notByTokenAlone(operatorAccess('token'), async () => has.factor)
  assert.equal((await access.byKey('token'))?.who, 'operator')
  has.factor = true
  await assert.rejects(access.byKey('token'), (thrown) => {
    assert.ok(thrown instanceof ProblemError)
    assert.equal(thrown.problem.status, 401)
    assert.match(thrown.problem.type, /second-factor$/)
    return true
  })
  assert.equal(await access.byKey('another'), undefined)
})

test('a key that is named so is no operator', async () => {
  const key = { who: 'key operator', scopes: ['read'] } as const
  const access = notByTokenAlone(
    { byKey: async () => key, bySession: async () => undefined, anybody: undefined },
    async () => true,
  )
  assert.deepEqual(await access.byKey('x'), key)
})
