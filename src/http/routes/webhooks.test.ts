import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { WaybillError } from '../../base/error.ts'
import { ends, put } from '../../hooks/test-support/letters.ts'
import { testWebhooks } from '../../hooks/test-support/webhooks.ts'
import type { Webhooks, WebhookParts } from '../../hooks/webhooks.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import type { Store } from '../../store/ports/store.ts'
import type { Visitor } from '../access.ts'
import { testApi, type TestAnswer, type TestAsk } from '../test-support/test-api.ts'

const url = 'https://example.com/hooks/mail'

const everything = ['read', 'send', 'manage'] as const
const visitors: Readonly<Record<string, Visitor>> = {
  operator: { who: 'operator', scopes: everything },
  reader: { who: 'reader', scopes: ['read'] },
  ann: { who: 'ann', scopes: everything, account: 'ann@south.example' },
}

/** The API of the operator, and of others by name; every answer is one that the document has. */
async function open(
  t: TestContext,
  parts: Partial<WebhookParts> = {},
): Promise<{
  readonly ask: (method: string, path: string, json?: unknown, as?: string) => Promise<TestAnswer>
  readonly store: Store
  readonly webhooks: Webhooks
}> {
  const store = openMemoryStore()
  const webhooks = testWebhooks(store, parts)
  await webhooks.start()
  t.after(async () => {
    await webhooks.stop()
    await store.close()
  })
  const api = testApi({
    webhooks: { desk: { webhooks }, acts: store.acts, now: () => 1_000_000 },
    access: {
      byKey: async (key) => visitors[key],
      bySession: async () => undefined,
      anybody: undefined,
    },
  })
  const told = await documented(api.ask)
  return {
    store,
    webhooks,
    async ask(method, path, json, as = 'operator') {
      const headers = { authorization: `Bearer ${as}` }
      const answer = await api.ask(`/v1/webhooks${path}`, { method, headers, json })
      if (answer.status < 400) assert.ok(told(method, path, answer.status), `${method} ${path}`)
      else assert.match(String(answer.headers.get('content-type')), /^application\/problem\+json/)
      return answer
    },
  }
}

/** Paths, their methods, and the answers of those by status. */
type Paths = Readonly<
  Record<
    string,
    Readonly<Record<string, { readonly responses: Readonly<Record<string, unknown>> }>>
  >
>

/** Whether the OpenAPI document has such an answer. */
async function documented(
  ask: TestAsk,
): Promise<(method: string, path: string, status: number) => boolean> {
  const headers = { authorization: 'Bearer reader' }
  const { json } = await ask('/v1/openapi.json', { headers })
  const paths = json['paths'] as Paths
  return (method, path, status) => {
    const form = `/v1/webhooks${path}`
      .replace(/\?.*/, '')
      .replace(/\/wh_[^/]+/, '/{id}')
      .replace(/\/\d+\//, '/{n}/')
    return paths[form]?.[method.toLowerCase()]?.responses[status] !== undefined
  }
}

/** Resolves when there are so many attempts. */
async function attempted(webhooks: Webhooks, id: string, number: number): Promise<void> {
  while ((await webhooks.attempts(id, { limit: 200 })).length < number) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('a webhook is added, changed, given a new secret, and removed; each is in the audit', async (t) => {
  const { ask, store } = await open(t)
  const added = await ask('POST', '', { url, events: ['delivery.'], description: 'the shop' })
  assert.equal(added.status, 201)
  const { secret, ...shown } = added.json
  assert.match(String(secret), /^whsec_/)
  const wanted = { url, events: ['delivery.'], description: 'the shop', enabled: true, off: '' }
  assert.deepEqual({ ...shown, ...wanted }, shown)
  const one = `/${String(shown['id'])}`
  assert.deepEqual((await ask('GET', '')).json, { data: [shown] })

  const changed = await ask('PATCH', one, { events: [], enabled: false })
  assert.deepEqual(changed.json, {
    ...shown,
    events: [],
    enabled: false,
    off: 'It was switched off.',
  })
  const on = await ask('PATCH', one, { enabled: true })
  assert.deepEqual([on.json['enabled'], on.json['off'], on.json['url']], [true, '', url])

  const fresh = await ask('POST', `${one}/secret`)
  assert.match(String(fresh.json['secret']), /^whsec_/)
  assert.notEqual(fresh.json['secret'], secret)

  assert.equal((await ask('DELETE', one)).status, 204)
  assert.deepEqual((await ask('GET', '')).json, { data: [] })
  assert.equal((await ask('DELETE', one)).status, 404)
  const acts = await store.acts.list({ limit: 20 })
  assert.deepEqual(
    acts.map(({ what, who }) => [what, who]),
    ['remove', 'secret', 'change', 'change', 'add'].map((what) => [`webhook ${what}`, 'operator']),
  )
  assert.doesNotMatch(JSON.stringify(acts), /whsec_/)
})

test('a test tells what was answered; attempts are listed in pages and sent again', async (t) => {
  const posted: string[] = []
  const { ask, store, webhooks } = await open(t, {
    async send({ headers }) {
      posted.push(headers['webhook-id'] ?? '')
      return { status: 200, text: 'thanks', retryAfter: '' }
    },
  })
  const { json } = await ask('POST', '', { url })
  const id = String(json['id'])
  assert.deepEqual((await ask('POST', `/${id}/test`)).json, { status: 200, text: 'thanks' })
  await put(store, 'JOURNEY1', ends.refused)
  await put(store, 'JOURNEY2', ends.refused)
  await attempted(webhooks, id, 2)
  const first = await ask('GET', `/${id}/attempts?limit=1`)
  const [last] = first.json['data'] as readonly Readonly<Record<string, unknown>>[]
  assert.deepEqual([last?.['status'], last?.['text'], last?.['state']], [200, 'thanks', 'arrived'])
  const n = Number(last?.['n'])
  const second = await ask('GET', `/${id}/attempts?limit=1&before=${n}`)
  const [before] = second.json['data'] as readonly Readonly<Record<string, unknown>>[]
  assert.deepEqual(
    new Set([last?.['event_id'], before?.['event_id']]),
    new Set(['evt_JOURNEY1_1', 'evt_JOURNEY2_1']),
  )
  assert.equal((await ask('POST', `/${id}/attempts/${n}/replay`)).status, 202)
  await attempted(webhooks, id, 3)
  assert.equal(posted.filter((one) => one === last?.['event_id']).length, 2)
})

const strange: readonly (readonly [string, string, unknown, number, RegExp])[] = [
  ['POST', '', {}, 400, /url/],
  ['POST', '', { url: 7 }, 400, /url/],
  ['POST', '', { url: `https://e.example/${'x'.repeat(2000)}` }, 400, /url/],
  ['POST', '', { url, events: ['delivery.eaten'] }, 400, /"delivery\.eaten"/],
  ['POST', '', { url, events: 'all' }, 400, /events/],
  ['POST', '', { url, events: Array.from({ length: 51 }, () => 'gap') }, 400, /events/],
  ['POST', '', { url: 'http://inside.example/' }, 400, /not there/],
  ['PATCH', '/wh_none', { enabled: true }, 404, /no webhook "wh_none"/],
  ['PATCH', '/wh_none', { enabled: 'yes' }, 400, /enabled/],
  ['DELETE', '/wh_none', undefined, 404, /no webhook/],
  ['POST', '/wh_none/test', undefined, 404, /no webhook/],
  ['POST', '/wh_none/secret', undefined, 404, /no webhook/],
  ['GET', '/wh_none/attempts', undefined, 404, /no webhook/],
  ['GET', '/wh_none/attempts?limit=0', undefined, 400, /limit/],
  ['GET', '/wh_none/attempts?before=x', undefined, 400, /before/],
  ['POST', '/wh_none/attempts/1/replay', undefined, 404, /no webhook/],
  ['POST', '/wh_none/attempts/x/replay', undefined, 400, /\/n/],
]

test('what cannot be done is refused with what was wrong, and nothing is kept of it', async (t) => {
  const checkUrl = (asked: string): void => {
    if (asked !== url) throw new WaybillError('usage', 'We may not go there: not there.')
  }
  const { ask, store } = await open(t, { checkUrl })
  for (const [method, path, json, status, said] of strange) {
    const answer = await ask(method, path, json)
    assert.equal(answer.status, status, `${method} ${path} ${JSON.stringify(json)?.slice(0, 90)}`)
    assert.match(String(answer.json['detail']), said)
  }
  assert.deepEqual((await ask('GET', '')).json, { data: [] })
  assert.deepEqual(await store.acts.list({ limit: 1 }), [])
})

test('there are fifty at most', async (t) => {
  const { ask } = await open(t)
  for (let n = 0; n < 50; n++) assert.equal((await ask('POST', '', { url })).status, 201)
  const { status, json } = await ask('POST', '', { url })
  assert.equal(status, 400)
  assert.match(String(json['detail']), /50 webhooks already/)
})

test('who may only read changes nothing, and an account’s own key sees none', async (t) => {
  const { ask } = await open(t)
  const { json } = await ask('POST', '', { url })
  const one = `/${String(json['id'])}`
  assert.equal((await ask('GET', '', undefined, 'reader')).status, 200)
  const changes = [
    ['POST', '', { url }],
    ['PATCH', one, {}],
    ['DELETE', one, undefined],
    ['POST', `${one}/test`, undefined],
    ['POST', `${one}/secret`, undefined],
    ['POST', `${one}/attempts/1/replay`, undefined],
  ] as const
  for (const [method, path, body] of changes) {
    for (const who of ['reader', 'ann']) {
      assert.equal((await ask(method, path, body, who)).status, 403, `${who}: ${method} ${path}`)
    }
    assert.equal((await ask(method, path, body, 'nobody')).status, 401)
  }
  for (const path of ['', `${one}/attempts`]) {
    assert.equal((await ask('GET', path, undefined, 'ann')).status, 403)
  }
  assert.equal(((await ask('GET', '')).json['data'] as unknown[]).length, 1)
})
