/** What each path gives to whom. A new path fails here until it has a line. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Archives } from '../desk/archives.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { Scope } from './access.ts'
import { makeApi } from './api.ts'
import type { Api } from './api-types.ts'
import { faultRoutes } from './routes/faults.ts'
import { importRoutes } from './routes/bundles.ts'
import { labRoutes } from './routes/lab.ts'
import { testManagement } from './test-support/test-management.ts'
import { ann, houseAccess, letters, putLetters } from './test-support/house.ts'

/** Whom a path is for: anybody, or who has this scope; and whether an account has its own of it. */
type Line = readonly [method: string, path: string, scope: Scope | 'anybody', own?: 'own']

const table: readonly Line[] = [
  ['get', '/v1/health/live', 'anybody', 'own'],
  ['get', '/v1/health/ready', 'anybody', 'own'],
  ['get', '/v1/session', 'anybody', 'own'],
  ['post', '/v1/session', 'anybody', 'own'],
  ['delete', '/v1/session', 'anybody', 'own'],
  ['get', '/v1/status', 'read'],
  ['get', '/v1/metrics', 'read'],
  ['get', '/v1/messages/wait', 'read', 'own'],
  ['get', '/v1/messages', 'read', 'own'],
  ['get', '/v1/messages/{id}', 'read', 'own'],
  ['get', '/v1/messages/{id}/journey', 'read', 'own'],
  ['get', '/v1/messages/{id}/raw', 'read', 'own'],
  ['get', '/v1/messages/{id}/parts', 'read', 'own'],
  ['get', '/v1/messages/{id}/parts/{n}', 'read', 'own'],
  ['get', '/v1/messages/{id}/text', 'read', 'own'],
  ['get', '/v1/messages/{id}/html', 'read', 'own'],
  ['get', '/v1/messages/{id}/links', 'read', 'own'],
  ['get', '/v1/messages/{id}/codes', 'read', 'own'],
  ['get', '/v1/messages/{id}/headers', 'read', 'own'],
  ['get', '/v1/messages/{id}/recipients', 'read', 'own'],
  ['get', '/v1/messages/{id}/attempts', 'read', 'own'],
  ['get', '/v1/messages/{id}/plan', 'read', 'own'],
  ['get', '/v1/messages/{id}/why', 'read', 'own'],
  ['get', '/v1/messages/{id}/conversation', 'read', 'own'],
  ['get', '/v1/messages/{id}/export', 'read', 'own'],
  ['get', '/v1/queue', 'read', 'own'],
  ['get', '/v1/queue/shape', 'read', 'own'],
  ['post', '/v1/queue/actions', 'manage'],
  ['get', '/v1/route', 'read'],
  ['get', '/v1/pauses', 'read'],
  ['post', '/v1/pauses', 'manage'],
  ['delete', '/v1/pauses/{of}', 'manage'],
  ['get', '/v1/hold-rules', 'read'],
  ['post', '/v1/hold-rules', 'manage'],
  ['delete', '/v1/hold-rules/{id}', 'manage'],
  ['post', '/v1/messages', 'send', 'own'],
  ['post', '/v1/messages/delete', 'manage'],
  ['post', '/v1/messages/{id}/{action}', 'manage'],
  ['get', '/v1/events', 'read', 'own'],
  ['get', '/v1/events/stream', 'read', 'own'],
  ['post', '/v1/replays', 'read', 'own'],
  ['post', '/v1/evaluations', 'read', 'own'],
  ['delete', '/v1/accounts/{address}', 'manage'],
  ['delete', '/v1/aliases/{address}', 'manage'],
  ['delete', '/v1/domains/{domain}', 'manage'],
  ['get', '/v1/accounts', 'read'],
  ['get', '/v1/aliases', 'read'],
  ['get', '/v1/domains', 'read'],
  ['get', '/v1/domains/{domain}/dkim', 'read'],
  ['get', '/v1/domains/{domain}/records', 'read'],
  ['get', '/v1/reports/dmarc', 'read'],
  ['get', '/v1/reports/dmarc/{id}', 'read'],
  ['get', '/v1/reports/tls', 'read'],
  ['get', '/v1/reports/tls/{id}', 'read'],
  ['get', '/v1/reports/{domain}/summary', 'read'],
  ['get', '/v1/suppressions', 'read'],
  ['delete', '/v1/suppressions/{address}', 'manage'],
  ['post', '/v1/suppressions', 'manage'],
  ['post', '/v1/accounts', 'manage'],
  ['patch', '/v1/accounts/{address}', 'manage'],
  ['post', '/v1/accounts/{address}/password', 'manage'],
  ['post', '/v1/aliases', 'manage'],
  ['post', '/v1/domains', 'manage'],
  ['post', '/v1/domains/{domain}/dkim/rotate', 'manage'],
  ['post', '/v1/reports/dmarc', 'manage'],
  ['post', '/v1/reports/tls', 'manage'],
  ['get', '/v1/webhooks', 'read'],
  ['post', '/v1/webhooks', 'manage'],
  ['patch', '/v1/webhooks/{id}', 'manage'],
  ['delete', '/v1/webhooks/{id}', 'manage'],
  ['get', '/v1/webhooks/{id}/attempts', 'read'],
  ['post', '/v1/webhooks/{id}/attempts/{n}/replay', 'manage'],
  ['post', '/v1/webhooks/{id}/secret', 'manage'],
  ['post', '/v1/webhooks/{id}/test', 'manage'],
  ['get', '/v1/keys', 'manage'],
  ['post', '/v1/keys', 'manage'],
  ['delete', '/v1/keys/{id}', 'manage'],
  // Of an account only where it has logged in itself: a key of it is not who logs in.
  ['get', '/v1/second-factors', 'manage', 'own'],
  ['post', '/v1/second-factors', 'manage', 'own'],
  ['post', '/v1/second-factors/{who}/confirm', 'manage', 'own'],
  ['post', '/v1/second-factors/{who}/remove', 'manage', 'own'],
  ['get', '/v1/faults', 'read'],
  ['put', '/v1/faults', 'manage'],
  ['post', '/v1/imports', 'manage'],
  ['get', '/v1/lab/situations', 'read'],
  ['post', '/v1/lab/situations/{name}', 'manage'],
  ['get', '/v1/lab/clock', 'read'],
  ['post', '/v1/lab/clock', 'manage'],
  ['get', '/v1/lab/zones', 'read'],
  ['put', '/v1/lab/zones', 'manage'],
  ['delete', '/v1/lab/zones', 'manage'],
  ['post', '/v1/lab/reset', 'manage'],
]

/** The document of an API. */
async function linesOf(api: Api, key?: string): Promise<readonly string[]> {
  const headers = { host: 'localhost', authorization: `Bearer ${key}` }
  const answer = await api.request('/v1/openapi.json', { headers })
  const { paths } = (await answer.json()) as { readonly paths: Record<string, object> }
  return Object.entries(paths)
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
    .toSorted()
}

async function open(t: TestContext): Promise<Api> {
  const store = openMemoryStore()
  await putLetters(store)
  // Who is let in and finds nothing there has been let in.
  const place = { desk: { apiKeys: {} }, acts: store.acts, now: () => 1 } as never
  return makeApi({
    mode: 'live',
    version: '1.2.3',
    archives: new Archives([{ name: '', reads: store, changes: (query) => store.changes(query) }]),
    access: houseAccess,
    now: () => 1,
    newId: () => 'request1',
    management: testManagement(t, store),
    keys: place,
    suppressions: {
      desk: {
        suppressions: { register: store.register, list: {}, clock: { now: () => 1 } },
      },
      acts: store.acts,
      now: () => 1,
    } as never,
    secondFactors: place,
    sending: place,
    webhooks: place,
    more(api) {
      faultRoutes(api, '/v1/faults', place)
      importRoutes(api, place)
      labRoutes(api, place)
    },
    report: () => undefined,
  })
}

test('every path of the API has its line here, and no line is of another', async (t) => {
  const api = await open(t)
  assert.deepEqual(
    await linesOf(api, 'all'),
    table.map(([method, path]) => `${method} ${path}`).toSorted(),
  )
})

/** Whether somebody is let in: what comes of it then is for other tests. */
async function isLetIn(api: Api, [method, path]: Line, key: string | undefined): Promise<boolean> {
  const gone = new AbortController()
  const headers: Record<string, string> = { host: 'localhost' }
  if (key !== undefined) headers['authorization'] = `Bearer ${key}`
  const filled = path
    .replace('{who}', ann)
    .replace('{id}', letters.came)
    .replace('{n}', '0')
    .replace('{action}', 'hold')
  const asked = path.endsWith('/wait') ? `${filled}?timeout=0` : filled
  const answer = await api.request(asked, {
    method: method.toUpperCase(),
    headers,
    signal: gone.signal,
  })
  gone.abort()
  await answer.body?.cancel()
  return answer.status !== 401 && answer.status !== 403
}

for (const line of table) {
  const [method, path, scope, own] = line
  test(`${method} ${path} is for ${scope}${own === undefined ? '' : ', and for accounts'}`, async (t) => {
    const api = await open(t)
    const letIn: string[] = []
    for (const key of [undefined, 'read', 'send', 'manage', 'all', 'ann']) {
      if (await isLetIn(api, line, key)) letIn.push(key ?? 'nobody')
    }
    const wanted =
      scope === 'anybody' ? ['nobody', 'read', 'send', 'manage', 'all'] : [scope, 'all']
    assert.deepEqual(letIn, own === undefined ? wanted : [...wanted, 'ann'])
  })
}

test('a key that nobody knows opens nothing, whatever is asked', async (t) => {
  const api = await open(t)
  for (const line of table) assert.equal(await isLetIn(api, line, 'other'), false, line[1])
})

test('an account is told of its own paths only', async (t) => {
  const paths = await linesOf(await open(t), 'ann')
  assert.ok(paths.includes('get /v1/messages'))
  assert.deepEqual(
    paths.filter((line) =>
      /status|metrics|faults|lab|keys|domains|accounts|aliases|reports|webhooks|suppressions/.test(
        line,
      ),
    ),
    [],
  )
})

test('paths that are not of the document are closed as well', async (t) => {
  const api = await open(t)
  for (const path of ['/api/v1/messages', '/view/latest.html', '/v1/nothing', '/v1/keys']) {
    const line: Line = ['get', path, 'read']
    assert.equal(await isLetIn(api, line, undefined), false, path)
    assert.equal(await isLetIn(api, line, 'ann'), false, path)
  }
})
