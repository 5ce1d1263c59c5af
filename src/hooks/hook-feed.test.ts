import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { acceptance } from '../store/contract-cases.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { HookDelivery, HookEndpoint } from '../store/ports/hooks.ts'
import type { Store } from '../store/ports/store.ts'
import { HookFeed } from './hook-feed.ts'
import { endpoint } from './test-support/endpoint.ts'
import { cameAt, ends, letter, put } from './test-support/letters.ts'

/** Follows a store, and gives what is made of the next change that makes something. */
async function follow(
  t: TestContext,
  store: Store,
  endpoints: readonly HookEndpoint[],
): Promise<() => Promise<readonly HookDelivery[]>> {
  let next = Promise.withResolvers<readonly HookDelivery[]>()
  const feed = new HookFeed({
    source: {
      name: '',
      journeys: store.journeys,
      acts: store.acts,
      changes: (query) => store.changes(query),
      changesBehind: (query) => store.changesBehind(query),
    },
    port: {
      cursor: () => Promise.resolve(0),
      advance({ deliveries }) {
        if (deliveries.length > 0) next.resolve(deliveries)
        return Promise.resolve()
      },
    },
    writing: {
      async do(write) {
        await write()
        return true
      },
    },
    endpoints: () => endpoints,
    now: () => cameAt,
    keptMs: cameAt,
    wake: () => {},
    report: (problem) => next.reject(problem),
  })
  t.after(() => feed.stop())
  await feed.start()
  return async () => {
    const made = await next.promise
    next = Promise.withResolvers()
    return made
  }
}

test('what would be too long for its receivers says where the rest is', async (t) => {
  const store = openMemoryStore()
  const made = await follow(t, store, [endpoint])
  // Few letters and many octets: each of these has four.
  const long = '\u{1f4ec}'.repeat(160)
  const rcptTo = Array.from({ length: 50 }, (_, n) => `${long}${n}@south.example`)
  const journeys = [{ ...letter('JOURNEY1', ends.refused), rcptTo }]
  await store.post.accept(acceptance({ journeys }))
  const [delivery] = await made()
  assert.deepEqual(JSON.parse(delivery?.body ?? ''), {
    type: 'message.refused',
    timestamp: new Date(cameAt).toISOString(),
    data: {
      site: '',
      id: 'JOURNEY1',
      event_id: 'evt_JOURNEY1_1',
      journey: '/v1/messages/JOURNEY1/journey',
      shortened: true,
    },
  })
})

test('who was added later, or is switched off, is not told of what happened before', async (t) => {
  const store = openMemoryStore()
  const made = await follow(t, store, [
    { ...endpoint, id: 'wh_later', since: cameAt + 1 },
    { ...endpoint, id: 'wh_off', off: 'It was switched off.' },
    { ...endpoint, id: 'wh_then', since: cameAt },
    { ...endpoint, id: 'wh_others', events: ['delivery.'] },
  ])
  await put(store, 'JOURNEY1', ends.refused)
  const deliveries = await made()
  assert.deepEqual(
    deliveries.map(({ id }) => id),
    ['evt_JOURNEY1_1_wh_then'],
  )
})
