import assert from 'node:assert/strict'
import { test } from 'node:test'
import { neededScope } from './needed-scope.ts'
import { testApi } from './test-support/test-api.ts'

test('what only looks wants the right to read, and what changes something another', () => {
  for (const [method, path, scope] of [
    ['GET', '/v1/messages', 'read'],
    ['HEAD', '/v1/queue', 'read'],
    ['POST', '/v1/replays', 'read'],
    ['POST', '/v1/messages', 'send'],
    ['POST', '/v1/messages/abcd/drop', 'manage'],
    ['PUT', '/v1/lab/zones', 'manage'],
    ['DELETE', '/api/v1/messages', 'manage'],
    ['GET', '/v1/health/live', undefined],
    ['GET', '/v1/session', undefined],
  ] as const) {
    assert.equal(neededScope(method, path), scope, `${method} ${path}`)
  }
})

test('a key does no more than it may, and no key nothing', async () => {
  const { ask } = testApi({
    access: {
      byKey: async (key) => (key === 'good' ? { who: 'reader', scopes: ['read'] } : undefined),
      bySession: async () => undefined,
      anybody: undefined,
    },
  })
  const headers = { authorization: 'Bearer good' }
  assert.equal((await ask('/v1/messages')).status, 401)
  assert.equal(
    (await ask('/v1/messages', { headers: { authorization: 'Bearer bad' } })).status,
    401,
  )
  assert.equal((await ask('/v1/messages', { headers })).status, 200)
  const json = { action: 'retry', all: true }
  const refused = await ask('/v1/queue/actions', { method: 'POST', json, headers })
  assert.equal(refused.status, 403)
  assert.equal(refused.json['type'], 'https://waybill.example/problems/not-allowed')
  assert.equal((await ask('/v1/health/live')).status, 200)
})
