import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testApi } from './test-support/test-api.ts'

const asked: readonly (readonly [string, string, number, string | null])[] = [
  ['PUT', '/v1/messages', 405, 'GET, HEAD'],
  ['DELETE', '/v1/status', 405, 'GET, HEAD'],
  ['OPTIONS', '/v1/messages', 405, 'GET, HEAD'],
  ['PATCH', '/v1/messages/abcd', 405, 'GET, HEAD'],
  ['GET', '/v1/queue/actions', 405, 'POST'],
  ['GET', '/v1/messages/abcd/hold', 405, 'POST'],
  ['DELETE', '/v1/session/', 404, null],
  ['GET', '/v1/messages/abcd/nothing', 404, null],
  ['GET', '/v1/nothing', 404, null],
  ['GET', '/v1/messages//raw', 404, null],
]

for (const [method, path, status, allow] of asked) {
  test(`no path: ${method} ${path} is ${status}`, async () => {
    const { ask } = testApi()
    const answer = await ask(path, { method })
    assert.equal(answer.status, status)
    assert.equal(answer.headers.get('allow'), allow)
    assert.equal(answer.headers.get('content-type'), 'application/problem+json')
  })
}

test('who is not known hears by what one is let in', async () => {
  const { ask } = testApi()
  const answer = await ask('/v1/messages', { headers: { authorization: 'Bearer nobody' } })
  assert.equal(answer.status, 401)
  assert.equal(answer.headers.get('www-authenticate'), 'Bearer realm="Waybill"')
})
