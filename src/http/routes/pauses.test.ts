import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  acceptance,
  lease,
  message,
  now,
  queueItem,
  settlement,
} from '../../store/contract-cases.ts'
import type { Store } from '../../store/ports/store.ts'
import { testApi } from '../test-support/test-api.ts'

async function waiting(store: Store): Promise<void> {
  await store.post.accept(
    acceptance({
      message: message('m1', 'x'),
      queue: [
        queueItem('q1'),
        queueItem('q2', { recipient: 'x@west.example', destination: 'west.example' }),
      ],
    }),
  )
}

test('a pause is counted first, made, told, and ended, and what waited for it is due', async () => {
  const { store, ask } = testApi({ now: () => now })
  await waiting(store)
  const post = (json: unknown) => ask('/v1/pauses', { method: 'POST', json })
  const wish = { of: 'destination South.example', until: '2h', reason: 'they move' }
  const dry = await post({ ...wish, dry_run: true })
  assert.deepEqual(dry.json, { pause: null, waiting: 1 })
  assert.deepEqual((await ask('/v1/pauses')).json['data'], [])
  const { json } = await post(wish)
  const pause = json['pause'] as Readonly<Record<string, unknown>>
  const until = new Date(now + 2 * 3_600_000).toISOString()
  assert.deepEqual([pause['of'], pause['until']], ['destination south.example', until])
  const because = String(pause['sentence'])
  assert.match(because, /^Mail to south\.example is paused by .+ until .+: they move\.$/)
  assert.deepEqual((await ask('/v1/pauses')).json['data'], [pause])
  assert.deepEqual((await ask('/v1/queue')).json['pauses'], [
    { of: 'destination south.example', sentence: because, until },
  ])
  const [act] = await store.acts.list({ limit: 1 })
  assert.deepEqual([act?.what, act?.why, act?.door], ['pause', 'they move', 'http'])
  // As the dispatcher does it.
  await store.queue.lease(lease({ limit: 1 }))
  const outcome = {
    type: 'deferred',
    nextAttemptAt: now + 9000,
    problem: 'Mail to south.example is paused on this server.',
  } as const
  await store.queue.settle([settlement({ outcome })])
  const path = '/v1/pauses/destination%20south.example'
  assert.deepEqual((await ask(path, { method: 'DELETE' })).json, {
    ended: ['destination south.example'],
    due: 1,
  })
  assert.equal((await ask(path, { method: 'DELETE' })).status, 404)
  for (const wrong of [{ of: 'x' }, { of: 'destination a..b' }, { of: 'all', until: 'soon' }]) {
    assert.equal((await post(wrong)).status, 400, JSON.stringify(wrong))
  }
})

test('a hold rule is counted first, holds what waits, and lets it go when it is removed', async () => {
  const { store, ask } = testApi({ now: () => now })
  await waiting(store)
  const post = (json: unknown) => ask('/v1/hold-rules', { method: 'POST', json })
  const wish = { q: 'domain:south.example', reason: 'spam wave' }
  assert.deepEqual((await post({ ...wish, dry_run: true })).json, { rule: null, count: 1 })
  assert.equal((await store.counts()).held, 0)
  const { json } = await post(wish)
  const rule = json['rule'] as Readonly<Record<string, unknown>>
  assert.deepEqual([json['count'], rule['q'], rule['until']], [1, 'domain:south.example', null])
  assert.deepEqual((await ask('/v1/hold-rules')).json['data'], [{ ...rule, held: 1 }])
  const { data } = (await ask('/v1/queue?q=held:yes')).json
  const [held] = data as readonly Readonly<Record<string, unknown>>[]
  assert.equal(held?.['hold_reason'], `hold rule ${String(rule['id'])}: spam wave`)
  const path = `/v1/hold-rules/${String(rule['id'])}`
  assert.deepEqual((await ask(path, { method: 'DELETE' })).json, { released: 1 })
  assert.equal((await store.counts()).held, 0)
  assert.equal((await ask(path, { method: 'DELETE' })).status, 404)
  for (const q of ['1m8aaaa', 'nonsense:x']) assert.equal((await post({ q })).status, 400)
  const acts = await store.acts.list({ limit: 9 })
  assert.deepEqual(
    acts.map(({ what }) => what),
    ['queue release', 'queue rule remove', 'queue hold', 'queue rule add'],
  )
})

test('letters are held until a time that people write', async () => {
  const { store, ask } = testApi({ now: () => now })
  await waiting(store)
  const json = { action: 'hold', q: 'to:bob', until: '2h', reason: 'look' }
  assert.equal((await ask('/v1/queue/actions', { method: 'POST', json })).json['count'], 1)
  const [item] = await store.queue.list({ limit: 1, filter: { held: true } })
  assert.deepEqual([item?.holdReason, item?.heldUntil], ['look', now + 2 * 3_600_000])
})
