import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testApi } from './test-support/test-api.ts'

const asked = { method: 'POST', headers: { 'content-type': 'application/json' } } as const

test('a body that is no JSON is told as that, and is no fault of ours', async () => {
  const { ask } = testApi()
  for (const path of ['/v1/session', '/v1/queue/actions', '/v1/replays', '/v1/evaluations']) {
    const { status, json } = await ask(path, { ...asked, octets: '{' })
    assert.equal(status, 400, path)
    assert.equal(json['type'], 'https://waybill.example/problems/usage')
  }
})

test('a body of another type is told as that', async () => {
  const { ask } = testApi()
  const headers = { 'content-type': 'text/plain' }
  const { status, json } = await ask('/v1/queue/actions', { ...asked, headers, octets: '{}' })
  assert.equal(status, 415)
  assert.equal(json['type'], 'https://waybill.example/problems/media-type')
})

test('an id that is too long is no id, wherever it is asked for', async () => {
  const { ask } = testApi()
  const id = 'x'.repeat(1001)
  assert.equal((await ask(`/v1/messages/${id}/journey`)).status, 400)
  assert.equal((await ask(`/v1/messages/${id}`)).status, 400)
})

test('the document says of each path what stands in its way', async () => {
  const { ask } = testApi()
  const { json } = await ask('/v1/openapi.json')
  const paths = json['paths'] as Record<string, Record<string, { readonly responses: object }>>
  const statuses = (path: string, method: string) => {
    return Object.keys(paths[path]?.[method]?.responses ?? {})
  }
  assert.deepEqual(statuses('/v1/health/live', 'get'), ['200', '401', 'default'])
  assert.deepEqual(statuses('/v1/messages/{id}', 'get'), [
    '200',
    '400',
    '401',
    '403',
    '404',
    'default',
  ])
  const changes = statuses('/v1/queue/actions', 'post')
  assert.deepEqual(changes, ['200', '400', '401', '403', '413', '415', 'default'])
})
