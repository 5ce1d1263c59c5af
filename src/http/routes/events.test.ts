import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OpenAPIHono } from '@hono/zod-openapi'
import { Archives } from '../../desk/archives.ts'
import { append, cameAt, ends, put, tried } from '../../hooks/test-support/letters.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import type { Store } from '../../store/ports/store.ts'
import type { Api, ApiEnv } from '../api-types.ts'
import { eventRoutes } from './events.ts'

function apiOver(stores: Readonly<Record<string, Store>>): Api {
  const api: Api = new OpenAPIHono<ApiEnv>()
  const archives = Object.entries(stores).map(([name, reads]) => {
    return {
      name,
      reads,
      changes: (query: Parameters<Store['changes']>[0]) => reads.changes(query),
    }
  })
  eventRoutes(api, new Archives(archives), () => cameAt)
  return api
}

/** Reads whole events of a stream. */
async function* eventsOf(answer: Response): AsyncGenerator<{ id: string; data: unknown }> {
  assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  assert.equal(answer.headers.get('cache-control'), 'no-store, no-transform')
  assert.equal(answer.headers.get('x-accel-buffering'), 'no', 'no proxy gathers them')
  assert.ok(answer.body !== null)
  let text = ''
  const decoder = new TextDecoder()
  for await (const octets of answer.body) {
    text += decoder.decode(octets, { stream: true })
    const whole = text.split('\n\n')
    text = whole.pop() ?? ''
    for (const event of whole) {
      const [, id = '', data = ''] = /^(?:id: (.*)\n)?event: .*\ndata: (.*)$/.exec(event) ?? []
      if (data !== '') yield { id, data: JSON.parse(data) as unknown }
    }
  }
}

test('what is committed in each archive is told, and the stream goes on where it broke', async () => {
  const north = openMemoryStore()
  const south = openMemoryStore()
  const api = apiOver({ north, south })
  const first = eventsOf(await api.request('/v1/events/stream'))
  const coming = first.next()
  await put(north, 'JOURNEY1', ends.delivered)
  const told = (await coming).value as { readonly id: string; readonly data: object }
  assert.deepEqual(
    { ...told.data, at: '' },
    { ...told.data, at: '', type: 'message.accepted', id: 'JOURNEY1', site: 'north' },
  )
  await first.return(undefined)
  // Nobody listens while these happen.
  await put(south, 'JOURNEY2', ends.refused)
  await put(north, 'JOURNEY3', ends.queued)
  const headers = { 'last-event-id': told.id }
  const again = eventsOf(await api.request('/v1/events/stream', { headers }))
  const missed: unknown[] = []
  for (let count = 0; count < 2; count++) missed.push((await again.next()).value?.data)
  const [gap, one] = missed as readonly { readonly type: string; readonly id?: string }[]
  // Of south nothing had been heard yet: that all of it may be other is told.
  assert.deepEqual(gap, { type: 'gap', site: 'south' })
  assert.equal(one?.id, 'JOURNEY3')
  await again.return(undefined)
})

/** A stream that was shut, with what it has told since its cursor. */
async function told(api: Api, query: string, count: number): Promise<readonly unknown[]> {
  const stream = eventsOf(await api.request(`/v1/events/stream?${query}`))
  const events: unknown[] = []
  while (events.length < count) events.push((await stream.next()).value?.data)
  await stream.return(undefined)
  return events
}

/** The cursor of a stream at this moment. */
async function cursorNow(api: Api, store: Store): Promise<string> {
  const stream = eventsOf(await api.request('/v1/events/stream'))
  const coming = stream.next()
  await put(store, 'BEFORE01', ends.delivered)
  const { value } = await coming
  await stream.return(undefined)
  return value?.id ?? ''
}

test('who wants no more hears of the newest letters, and how many were left out', async () => {
  const store = openMemoryStore()
  const api = apiOver({ '': store })
  const after = await cursorNow(api, store)
  for (let n = 1; n <= 9; n++) await put(store, `JOURNEY${n}`, ends.refused)
  const events = await told(api, `per_second=20&after=${after}`, 3)
  assert.deepEqual(events[0], { type: 'gap', site: '', left_out: 7 })
  assert.deepEqual(
    events.slice(1).map((event) => (event as { readonly id: string }).id),
    ['JOURNEY8', 'JOURNEY9'],
  )
  const all = await told(api, `after=${after}`, 9)
  assert.equal((all[0] as { readonly id: string }).id, 'JOURNEY1')
})

test('letters that come together are read at one go, and each once', async () => {
  const store = openMemoryStore()
  const reads: (readonly string[])[] = []
  const journeys: Store['journeys'] = {
    ...store.journeys,
    listed(ids) {
      reads.push(ids)
      return store.journeys.listed(ids)
    },
  }
  const api = apiOver({ '': { ...store, journeys } })
  const after = await cursorNow(api, store)
  reads.length = 0
  await put(store, 'JOURNEY1', ends.queued)
  await put(store, 'JOURNEY2', ends.queued)
  await append(store, 'JOURNEY1', [tried('w@west.example', 'deferred', 10)])
  const events = await told(api, `after=${after}`, 3)
  assert.deepEqual(
    events.map((event) => (event as { readonly type: string }).type),
    ['message.accepted', 'delivery.deferred', 'message.accepted'],
  )
  assert.deepEqual(reads, [['JOURNEY1', 'JOURNEY2']])
})

test('a record that cannot be read holds no other up', async () => {
  const store = openMemoryStore()
  const journeys: Store['journeys'] = {
    ...store.journeys,
    async listed(ids) {
      const found = await store.journeys.listed(ids)
      return found.map((one) => (one.id === 'JOURNEY1' ? { ...one, json: '{"cut' } : one))
    },
  }
  const api = apiOver({ '': { ...store, journeys } })
  const after = await cursorNow(api, store)
  await put(store, 'JOURNEY1', ends.refused)
  await put(store, 'JOURNEY2', ends.refused)
  const events = await told(api, `after=${after}`, 2)
  assert.deepEqual(events[0], { type: 'message.changed', id: 'JOURNEY1', site: '' })
  assert.equal((events[1] as { readonly id: string }).id, 'JOURNEY2')
})

test('a cursor that nobody gave is refused', async () => {
  const api = apiOver({ '': openMemoryStore() })
  api.onError((thrown, c) => c.text(thrown.message, 400))
  const answer = await api.request('/v1/events/stream?after=nonsense')
  assert.equal(answer.status, 400)
  assert.match(await answer.text(), /no cursor/)
})

test('who goes away is noticed at once, while nothing happens', async () => {
  const store = openMemoryStore()
  let ended = 0
  const watched: Store = {
    ...store,
    changes(query) {
      const feed = store.changes(query)
      return {
        ...feed,
        next: () => feed.next(),
        return() {
          ended++
          return feed.return?.() ?? Promise.resolve({ done: true, value: undefined })
        },
        [Symbol.asyncIterator]() {
          return this
        },
      }
    },
  }
  const answer = await apiOver({ '': watched }).request('/v1/events/stream')
  const reader = answer.body?.getReader()
  assert.ok(reader !== undefined)
  await reader.read()
  const waiting = reader.read()
  await reader.cancel()
  assert.equal((await waiting).done, true)
  assert.equal(ended, 1)
})

interface Listed {
  readonly data: readonly { readonly type: string; readonly event_id?: string }[]
  readonly has_more: boolean
  readonly next: string
}

async function listed(api: Api, query: Readonly<Record<string, string>>): Promise<Listed> {
  const answer = await api.request(`/v1/events?${new URLSearchParams(query).toString()}`)
  assert.equal(answer.status, 200)
  return (await answer.json()) as Listed
}

test('the list has each event once, page by page, and goes on with what comes later', async () => {
  const store = openMemoryStore()
  const api = apiOver({ '': store })
  await put(store, 'JOURNEY1', ends.queued)
  await put(store, 'JOURNEY2', ends.refused)
  await append(store, 'JOURNEY1', [tried('w@west.example', 'deferred', 10)])
  const seen: (string | undefined)[] = []
  let page = await listed(api, { limit: '1' })
  seen.push(...page.data.map(({ event_id: id }) => id))
  while (page.has_more) {
    page = await listed(api, { limit: '1', after: page.next })
    seen.push(...page.data.map(({ event_id: id }) => id))
  }
  assert.deepEqual(new Set(seen), new Set(['evt_JOURNEY1_1', 'evt_JOURNEY1_2', 'evt_JOURNEY2_1']))
  await put(store, 'JOURNEY3', ends.refused)
  const later = await listed(api, { after: page.next })
  assert.deepEqual(
    later.data.map(({ event_id: id }) => id),
    ['evt_JOURNEY3_1'],
  )
  assert.equal(later.has_more, false)
})

test('only the types that are wanted are listed, and one that is none is told', async () => {
  const store = openMemoryStore()
  const api = apiOver({ '': store })
  api.onError((thrown, c) => c.text(thrown.message, 400))
  await put(store, 'JOURNEY1', ends.queued)
  await append(store, 'JOURNEY1', [tried('w@west.example', 'delivered', 10)])
  const all = await listed(api, { type: 'delivery.' })
  assert.deepEqual(
    all.data.map(({ type }) => type),
    ['delivery.accepted'],
  )
  const answer = await api.request('/v1/events?type=delivery.acepted')
  assert.equal(answer.status, 400)
})

test('where older events are forgotten, a gap is told', async () => {
  const store = openMemoryStore({ changesKept: 2 })
  for (let n = 1; n <= 5; n++) await put(store, `JOURNEY${n}`, ends.refused)
  const { data } = await listed(apiOver({ '': store }), {})
  assert.equal(data[0]?.type, 'gap')
  assert.ok(data.length < 6)
})

test('a page of one event goes on behind a gap, and does not tell it again', async () => {
  const store = openMemoryStore({ changesKept: 2 })
  for (let n = 1; n <= 5; n++) await put(store, `JOURNEY${n}`, ends.refused)
  const api = apiOver({ '': store })
  const types: (string | undefined)[] = []
  let next: Record<string, string> = {}
  for (let pages = 0; pages < 4; pages++) {
    const page = await listed(api, { limit: '1', ...next })
    types.push(...page.data.map(({ type, event_id: id }) => id ?? type))
    next = { after: page.next }
  }
  assert.deepEqual(types, ['gap', 'evt_JOURNEY4_1', 'evt_JOURNEY5_1'])
})
