import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import { test } from 'node:test'
import { Archives } from '../desk/archives.ts'
import { HoldRules } from '../desk/hold-rules.ts'
import { PersonPauses } from '../desk/pauses.ts'
import { QueueDesk } from '../desk/queue.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { Store } from '../store/ports/store.ts'
import { makeApi } from './api.ts'
import type { Api } from './api-types.ts'
import { writeCursor } from './cursor.ts'
import { houseAccess, letters, putLetters } from './test-support/house.ts'

async function open(): Promise<{
  readonly store: Store
  readonly api: Api
  readonly gone: string[]
}> {
  const store = openMemoryStore()
  await putLetters(store)
  const gone: string[] = []
  const now = (): number => 2_000_000
  const queue = new QueueDesk({
    queue: store.queue,
    rules: new HoldRules({ register: store.register, queue: store.queue, now }),
    pauses: new PersonPauses({ register: store.register, now }),
    now,
    canTell: true,
    withdraw: () => Promise.resolve([]),
    giveUp: (items) => {
      gone.push(...items.map(({ id }) => id))
      return Promise.resolve([])
    },
  })
  const desk = { desk: { queue }, acts: store.acts, now }
  const changes: Store['changes'] = (query) => store.changes(query)
  const api = makeApi({
    mode: 'live',
    version: '1.2.3',
    archives: new Archives([{ name: '', reads: store, changes, desk }]),
    access: houseAccess,
    now,
    newId: () => 'request1',
    report(fault) {
      throw fault
    },
  })
  return { store, api, gone }
}

async function ask(
  api: Api,
  path: string,
  { key = 'ann', json }: { readonly key?: string; readonly json?: unknown } = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const headers: Record<string, string> = { host: 'localhost', authorization: `Bearer ${key}` }
  const sent = json === undefined ? {} : { method: 'POST', body: JSON.stringify(json) }
  if (json !== undefined) headers['content-type'] = 'application/json'
  const answer = await api.request(path, { headers, ...sent })
  const octets = Buffer.from(await answer.arrayBuffer())
  const isPacked = answer.headers.get('content-type')?.includes('gzip') === true
  const text = (isPacked ? gunzipSync(octets) : octets).toString()
  return { status: answer.status, text }
}

/** All that can be asked about one letter by looking. */
async function looks(api: Api): Promise<readonly string[]> {
  const { text } = await ask(api, '/v1/openapi.json')
  const { paths } = JSON.parse(text) as { readonly paths: Record<string, object> }
  return Object.entries(paths).flatMap(([path, methods]) => {
    return 'get' in methods && path.includes('{id}') ? [path] : []
  })
}

test('an account lists what it sent and what was filed for it', async () => {
  const { api } = await open()
  const ids = async (query: string): Promise<readonly string[]> => {
    const { status, text } = await ask(api, `/v1/messages?${query}`)
    assert.equal(status, 200, text)
    const { data } = JSON.parse(text) as { readonly data: readonly { readonly id: string }[] }
    return data.map(({ id }) => id)
  }
  const { came, fromBob, sent } = letters
  assert.deepEqual(await ids(''), [sent, fromBob, came])
  assert.deepEqual(await ids('limit=1'), [sent])
  assert.deepEqual(await ids('q=to:info@south.example'), [came])
  assert.deepEqual(await ids('q=account:ANN@south.example'), [sent, fromBob, came])
  // What it may not see is nothing to find by, nor to leave out by.
  for (const word of [
    'to:hidden@south.example',
    'to:hidden',
    'hidden',
    'account:bob@south.example',
    'account:hidden@south.example',
    'ip:198.51.100.7',
    'status:queued+to:hidden@elsewhere.example',
    'subject:BOBSOWN1',
  ]) {
    assert.deepEqual(await ids(`q=${word}`), [], word)
  }
  assert.deepEqual(await ids('q=-to:hidden'), [sent, fromBob, came])
  // Nor is a place behind somebody else's letter, which would tell that it is there, and since when.
  const behind = (id: string): string => `after=${writeCursor(new Map([['', id]]))}`
  assert.deepEqual(await ids(behind(sent)), [fromBob, came])
  assert.deepEqual(await ids(behind(letters.bobs)), [])
})

test('of a letter that was filed for it an account learns nothing of other recipients', async () => {
  const { api } = await open()
  const paths = await looks(api)
  assert.ok(paths.length > 12, paths.join(' '))
  for (const id of [letters.came, letters.fromBob]) {
    for (const path of paths) {
      const { status, text } = await ask(api, path.replace('{id}', id).replace('{n}', '0'))
      assert.ok(status === 200 || (status === 404 && path.endsWith('/html')), `${status} ${path}`)
      assert.doesNotMatch(text, /hidden|198\.51\.100/, path)
    }
  }
  const { text } = await ask(api, `/v1/messages/${letters.came}/journey`)
  const seen = JSON.parse(text) as {
    readonly envelope: { readonly rcpt_to: readonly string[] }
    readonly summary: string
  }
  assert.deepEqual(seen.envelope.rcpt_to, ['info@south.example'])
  assert.match(seen.summary, /info@south\.example/)
  assert.match(
    (await ask(api, `/v1/messages/${letters.came}/journey`, { key: 'all' })).text,
    /hidden/,
  )
})

test('a letter of somebody else is not there, however it is asked for', async () => {
  const { api } = await open()
  for (const path of await looks(api)) {
    for (const ref of [letters.bobs, 'BOBS', encodeURIComponent('<BOBSOWN1@north.example>')]) {
      const { status, text } = await ask(api, path.replace('{id}', ref).replace('{n}', '0'))
      assert.equal(status, 404, `${path} ${text}`)
      assert.doesNotMatch(text, /secret/)
    }
  }
  assert.equal((await ask(api, '/v1/replays', { json: { journey: letters.bobs } })).status, 404)
  const { text } = await ask(api, '/v1/messages/last')
  assert.equal(JSON.parse(text).id, letters.sent)
  const wait = await ask(api, '/v1/messages/wait?q=subject:BOBSOWN1&timeout=0&since=1970-01-01')
  assert.equal(wait.status, 404)
  assert.doesNotMatch(wait.text, /secret/)
})

test('an account sees its own letters whole, and takes back what waits of them', async () => {
  const { store, api, gone } = await open()
  const { text } = await ask(api, '/v1/queue')
  const { data, waiting } = JSON.parse(text) as {
    readonly data: readonly { readonly journey: string }[]
    readonly waiting: number
  }
  assert.deepEqual([waiting, data.map(({ journey }) => journey)], [2, [letters.sent, letters.sent]])
  const journey = await ask(api, `/v1/messages/${letters.sent}/journey`)
  assert.match(journey.text, /x@far\.example.*y@far\.example/s)

  for (const action of ['retry', 'hold', 'release', '%72etry']) {
    const { status } = await ask(api, `/v1/messages/${letters.sent}/${action}`, { json: {} })
    assert.equal(status, 403, action)
  }
  const other = await ask(api, `/v1/messages/${letters.bobs}/drop`, { json: {} })
  assert.equal(other.status, 404)
  const got = await ask(api, `/v1/messages/${letters.fromBob}/drop`, { json: {} })
  assert.equal(got.status, 404, 'who has got a letter does not take it from others')
  assert.deepEqual(gone, [])
  const json = { reason: 'a mistake' }
  const dropped = await ask(api, `/v1/messages/${letters.sent}/drop`, { json })
  assert.equal(dropped.status, 200, dropped.text)
  assert.deepEqual(gone, [`q-${letters.sent}-0`, `q-${letters.sent}-1`])
  const [act] = await store.acts.list({ limit: 1 })
  assert.deepEqual(
    [act?.what, act?.who, act?.door, act?.why],
    ['queue drop', 'ann@south.example', 'http', 'a mistake'],
  )
})

test('an account hears of its own letters and of nothing else', async () => {
  const { api, store } = await open()
  await store.acts.put({
    at: 1,
    who: 'x',
    door: 'http',
    what: 'queue hold',
    why: 'secret',
    detail: {},
  })
  const { status, text } = await ask(api, '/v1/events')
  assert.equal(status, 200)
  assert.doesNotMatch(text, /hidden|secret|BOBSOWN1|message\.held/)
  for (const id of [letters.came, letters.fromBob, letters.sent]) assert.match(text, new RegExp(id))
})

test('of an account no JSON is parsed that is deeper than anybody means', async () => {
  const { api } = await open()
  const deep = Array.from({ length: 300 }).reduce<unknown>((inner) => [inner], 1)
  for (const path of ['/v1/messages', '/v1/replays', '/v1/evaluations']) {
    const { status, text } = await ask(api, path, { json: { overrides: deep } })
    assert.equal(status, 400, path)
    assert.match(text, /too deep/, path)
  }
})
