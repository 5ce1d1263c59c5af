import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OpenAPIHono } from '@hono/zod-openapi'
import { silent } from '../base/log.ts'
import type { Api, ApiEnv } from '../http/api-types.ts'
import { problemOf } from '../http/problem.ts'
import { testFolder } from '../store/test-folder.ts'
import { openLab } from './lab.ts'
import { labRoutes } from './routes.ts'
import { situations } from './situations.ts'

test('situations happen, the clock goes ahead, and DNS says what it is told to say', async (t) => {
  const { folder, remove } = testFolder()
  const ports = { smtp: 0, submission: 0, submissions: 0, dns: 0 }
  const report = (problem: unknown): void => assert.fail(String(problem))
  const lab = await openLab({ folder, log: silent, ports, taken: 'strict', report })
  t.after(async () => {
    await lab.close()
    remove()
  })
  const api: Api = new OpenAPIHono<ApiEnv>()
  api.onError((thrown, c) => c.json({ ...problemOf(thrown) }, 404))
  labRoutes(api, lab)
  const ask = async (path: string, method = 'GET', body?: object): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' }
    const text = body === undefined ? {} : { body: JSON.stringify(body), headers }
    return await (await api.request(path, { method, ...text })).json()
  }
  const { data } = (await ask('/v1/lab/situations')) as { readonly data: readonly object[] }
  assert.equal(data.length, situations.length)
  const zone = lab.zone()
  const { journeys } = (await ask('/v1/lab/situations/policy-none', 'POST')) as {
    readonly journeys: readonly string[]
  }
  assert.equal(journeys.length, 1)
  const found = await lab.south.store.journeys.find(journeys[0] ?? '')
  assert.equal(found.type === 'found' && found.journey.status, 'delivered')
  assert.deepEqual(lab.zone(), zone, 'DNS is as it was')
  assert.match(JSON.stringify(await ask('/v1/lab/situations/nonsense', 'POST')), /no situation/)

  const before = lab.clock.now()
  await ask('/v1/lab/clock', 'POST', { advance_ms: 3_600_000 })
  assert.ok(lab.clock.now() >= before + 3_600_000)

  const record = { name: '_dmarc.north.example', type: 'TXT', values: ['v=DMARC1; p=none'] }
  assert.deepEqual(await ask('/v1/lab/zones', 'PUT', record), record)
  assert.deepEqual(lab.zone()['_dmarc.north.example'], { TXT: ['v=DMARC1; p=none'] })
  await ask('/v1/lab/zones', 'PUT', { ...record, values: [] })
  assert.deepEqual(lab.zone()['_dmarc.north.example'], {})
  const wrong = { name: 'north.example', type: 'A', values: ['not an address'] }
  assert.match(JSON.stringify(await ask('/v1/lab/zones', 'PUT', wrong)), /not an address/)
})
