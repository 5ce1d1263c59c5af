import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Hono } from 'hono'
import type { ApiEnv } from './api-types.ts'
import { type Client, clientPlace } from './client-place.ts'

async function placeOf(
  remoteAddress: string,
  headers: Record<string, string>,
  proxies = ['127.0.0.1'],
): Promise<Client> {
  const app = new Hono<ApiEnv>()
  app.get('/', (c) => c.json(clientPlace(proxies)(c)))
  const answer = await app.request('/', { headers }, { incoming: { socket: { remoteAddress } } })
  return (await answer.json()) as Client
}

const forwarded = { 'x-forwarded-for': '203.0.113.1, 198.51.100.7', 'x-forwarded-proto': 'https' }

test('a proxy is believed of what it saw itself, and nobody else is', async () => {
  const seen = { ip: '198.51.100.7', isSecure: true }
  assert.deepEqual(await placeOf('127.0.0.1', forwarded), seen)
  assert.deepEqual(await placeOf('::ffff:127.0.0.1', forwarded), seen)
  const stranger = '192.0.2.9'
  assert.deepEqual(await placeOf(stranger, forwarded), { ip: stranger, isSecure: false })
  assert.deepEqual(await placeOf(stranger, forwarded, []), { ip: stranger, isSecure: false })
})

test('what a proxy says wrongly or not at all leaves the proxy itself', async () => {
  const proxy = { ip: '127.0.0.1', isSecure: false }
  assert.deepEqual(await placeOf('127.0.0.1', {}), proxy)
  assert.deepEqual(await placeOf('127.0.0.1', { 'x-forwarded-for': 'unknown' }), proxy)
})
