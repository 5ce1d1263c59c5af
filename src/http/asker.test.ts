import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testApi } from './test-support/test-api.ts'

const visitor = { who: 'operator', scopes: ['read', 'send', 'manage'] } as const

function open(): ReturnType<typeof testApi>['ask'] {
  return testApi({
    access: {
      byKey: async (key) => (key === 'key' ? visitor : undefined),
      bySession: async (token) => (token === 'open' ? visitor : undefined),
      anybody: undefined,
    },
  }).ask
}

test('who has a session is known by its cookie, and by no other', async () => {
  const ask = open()
  const status = async (cookie: string): Promise<number> => {
    return (await ask('/v1/messages', { headers: { cookie } })).status
  }
  assert.equal(await status('waybill_session=open'), 200)
  assert.equal(await status('theme=dark; __Host-waybill=open'), 200)
  assert.equal(await status('waybill_session=guessed'), 401)
  assert.equal(await status('other=open'), 401)
  assert.equal(await status(''), 401)
})

test('a wrong key is not made good by a session', async () => {
  const headers = { authorization: 'Bearer wrong', cookie: 'waybill_session=open' }
  assert.equal((await open()('/v1/messages', { headers })).status, 401)
})

test('what changes something comes from a program with a key, or from our own page', async () => {
  const ask = open()
  const status = async (headers: Record<string, string>): Promise<number> => {
    const json = { action: 'hold', all: true, reason: '' }
    return (await ask('/v1/queue/actions', { method: 'POST', json, headers })).status
  }
  const cookie = 'waybill_session=open'
  const allowed: readonly Record<string, string>[] = [
    { authorization: 'Bearer key' },
    { authorization: 'Bearer key', 'sec-fetch-site': 'none' },
    { cookie, 'sec-fetch-site': 'same-origin' },
    { cookie, origin: 'http://localhost' },
  ]
  for (const headers of allowed)
    assert.notEqual(await status(headers), 403, JSON.stringify(headers))
  const refused: readonly Record<string, string>[] = [
    { authorization: 'Bearer key', 'sec-fetch-site': 'cross-site' },
    { authorization: 'Bearer key', origin: 'https://evil.example' },
    { cookie },
    { cookie, 'sec-fetch-site': 'none' },
    { cookie, 'sec-fetch-site': 'same-site' },
    { cookie, 'sec-fetch-site': 'cross-site', origin: 'http://localhost' },
    { cookie, origin: 'http://localhost:3000' },
    { cookie, origin: 'null' },
  ]
  for (const headers of refused) assert.equal(await status(headers), 403, JSON.stringify(headers))
  assert.equal((await ask('/v1/messages', { headers: { cookie, origin: 'null' } })).status, 200)
})
