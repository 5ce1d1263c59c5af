import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Archives } from '../../desk/archives.ts'
import { acceptance, journey, message, now, queueItem } from '../../store/contract-cases.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import type { Store } from '../../store/ports/store.ts'
import { type TestAnswer, testApi } from '../test-support/test-api.ts'

const minuteMs = 60_000

/** What is written of a letter that waits and was not tried. */
const record = {
  schema: 'waybill.record/1',
  id: 'JOURNEY1',
  direction: 'out',
  mode: 'lab',
  host: 'x',
  startedAt: now,
  envelope: { ip: '', helo: '', mailFrom: '', rcptTo: [] },
  outcome: { status: 'queued' },
  steps: [],
  conversation: [],
  subject: '',
  messageId: '',
}

async function waiting(store: Store): Promise<void> {
  await store.post.accept(
    acceptance({
      message: message('m1', 'Subject: out\r\n\r\nHello\r\n'),
      queue: [
        queueItem('q1', { createdAt: now - 7 * minuteMs }),
        queueItem('q2', { recipient: 'eve@south.example', createdAt: now - 600 * minuteMs }),
        queueItem('q3', { recipient: 'x@west.example', destination: 'west.example' }),
      ],
      journeys: [
        journey('JOURNEY1', { direction: 'out', messageId: 'm1', json: JSON.stringify(record) }),
      ],
    }),
  )
}

interface Shown {
  readonly destinations: readonly { readonly destination: string; readonly ages: unknown }[]
  readonly data: readonly { readonly id: string; readonly held: boolean }[]
}

/** What the test reads of an answer. */
function shownIn({ destinations, data }: TestAnswer['json']): Shown {
  return { destinations, data } as Shown
}

test('a destination to which nothing is sent for a while is told with why, and until when', async () => {
  const store = openMemoryStore()
  const down = () => [
    { destination: 'west.example', because: 'silence', failures: 2, until: now + minuteMs },
    { destination: 'south.example', because: 'refused', failures: 1 },
    { destination: 'idle.example', because: 'refused', failures: 1 },
  ]
  const standing = () => [{ destination: 'west.example', down: { because: 'silence' } }]
  const archives = new Archives([{ name: '', reads: store, down, standing }])
  const { ask } = testApi({ now: () => now, archives })
  await waiting(store)
  const { json } = await ask('/v1/queue')
  const items = json['data'] as readonly { readonly holds: readonly { readonly by: string }[] }[]
  assert.deepEqual(
    items.map(({ holds }) => holds.map(({ by }) => by)),
    [['place'], ['place'], ['back-off']],
  )
  const destinations = json['destinations'] as readonly Readonly<Record<string, unknown>>[]
  assert.deepEqual(
    destinations.map((one) => [one['destination'], one['down']]),
    [
      ['south.example', { because: 'refused', until: null }],
      ['west.example', { because: 'silence', until: new Date(now + minuteMs).toISOString() }],
    ],
  )
})

test('what waits is told by destination and age, and each letter', async () => {
  const { store, ask } = testApi({ now: () => now })
  await waiting(store)
  const { json } = await ask('/v1/queue?limit=2')
  assert.deepEqual([json['waiting'], json['held'], json['has_more']], [3, 0, true])
  const { destinations, data } = shownIn(json)
  assert.deepEqual(
    destinations.map(({ destination, ages }) => [destination, ages]),
    [
      ['south.example', [0, 1, 0, 0, 0, 0, 0, 1, 0, 0]],
      ['west.example', [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ],
  )
  assert.equal(data.length, 2)
  const some = shownIn((await ask('/v1/queue?q=to:@west.example')).json)
  assert.deepEqual(
    some.data.map(({ id }) => id),
    ['q3'],
  )
  const { json: old } = await ask('/v1/queue?q=domain:south.example%20older:1h')
  assert.deepEqual([old['waiting'], old['matching'], shownIn(old).data[0]?.id], [3, 1, 'q2'])
})

test('the shape of the queue is told by what is asked for', async () => {
  const { store, ask } = testApi({ now: () => now })
  await waiting(store)
  const { json } = await ask('/v1/queue/shape?by=sender&q=domain:.example')
  assert.deepEqual([json['by'], json['total'], json['held'], json['count']], ['sender', 3, 0, 1])
  assert.deepEqual(json['limits'], [5, 10, 20, 40, 80, 160, 320, 640, 1280])
  assert.deepEqual(json['ages'], [1, 1, 0, 0, 0, 0, 0, 1, 0, 0])
  const [group] = json['groups'] as readonly { readonly name: string; readonly oldest_at: string }[]
  assert.deepEqual(
    [group?.name, group?.oldest_at],
    ['anna@north.example', new Date(now - 600 * minuteMs).toISOString()],
  )
  const bySite = await ask('/v1/queue/shape?by=site')
  assert.deepEqual(
    (bySite.json['groups'] as readonly { readonly name: string; readonly total: number }[]).map(
      ({ name, total }) => [name, total],
    ),
    [
      ['south.example', 2],
      ['west.example', 1],
    ],
  )
  const sites = (names: readonly string[]) => names.map(() => 'mx.provider.example')
  const place = { name: '', reads: store, sites }
  const own = testApi({ now: () => now, archives: new Archives([place]) })
  const one = await own.ask('/v1/queue/shape?by=site')
  const [site] = one.json['groups'] as readonly { readonly name: string; readonly total: number }[]
  assert.deepEqual([site?.name, site?.total, one.json['count']], ['mx.provider.example', 3, 1])
  const none = await ask('/v1/queue/shape?q=domain:nowhere.example')
  assert.deepEqual([none.json['total'], none.json['oldest_at'], none.json['groups']], [0, null, []])
  const wrong = await ask('/v1/queue/shape?q=domian:x')
  assert.deepEqual([wrong.status, JSON.stringify(wrong.json).includes('domain:x?')], [400, true])
})

test('what is to be sent back is counted first, and stays where nobody can be told', async () => {
  const { store, ask } = testApi({ now: () => now })
  await waiting(store)
  const wish = { action: 'bounce', q: 'domain:south.example', reason: 'moved away' }
  const act = (json: unknown) => ask('/v1/queue/actions', { method: 'POST', json })
  assert.equal((await act({ ...wish, dry_run: true })).json['count'], 2)
  const done = await act(wish)
  assert.deepEqual([done.status, /cannot be told/.test(JSON.stringify(done.json))], [400, true])
  const dry = { method: 'POST', json: { dry_run: true } }
  assert.equal((await ask('/v1/messages/JOURNEY1/bounce', dry)).json['count'], 3)
  assert.equal((await store.counts()).queued, 3)
})

test('letters are held and released, many or of one message, and the audit has it', async () => {
  const { store, ask } = testApi({ now: () => now })
  await waiting(store)
  const act = (json: unknown, path = '/v1/queue/actions') => ask(path, { method: 'POST', json })
  const dry = await act({ action: 'hold', q: 'to:@south.example', dry_run: true })
  assert.deepEqual([dry.json['count'], dry.json['ids']], [2, ['JOURNEY1']])
  assert.equal((await store.counts()).held, 0)
  const held = await act({ action: 'hold', q: 'to:@south.example', reason: 'look' })
  assert.equal(held.json['count'], 2)
  assert.equal((await store.counts()).held, 2)
  const [told] = await store.acts.list({ limit: 1 })
  assert.deepEqual([told?.what, told?.door, told?.why], ['queue hold', 'http', 'look'])
  assert.equal((await act({}, '/v1/messages/JOURNEY1/release')).json['count'], 2)
  assert.equal((await store.counts()).held, 0)
})

test('which letters are meant must be said, and what does not wait is told', async () => {
  const { store, ask } = testApi()
  await waiting(store)
  for (const json of [{ action: 'hold' }, { action: 'hold', q: '', all: false }, { action: 'x' }]) {
    assert.equal((await ask('/v1/queue/actions', { method: 'POST', json })).status, 400)
  }
  const both = { action: 'hold', q: 'to:x', all: true }
  assert.equal((await ask('/v1/queue/actions', { method: 'POST', json: both })).status, 400)
  const none = await ask('/v1/messages/nothing1/retry', { method: 'POST', json: {} })
  assert.equal(none.status, 404)
})

test('the numbers for Prometheus', async () => {
  const { store, ask } = testApi()
  await waiting(store)
  const { json, headers } = await ask('/v1/metrics')
  assert.match(String(headers.get('content-type')), /^text\/plain; version=0\.0\.4/)
  assert.match(String(json['text']), /^# TYPE waybill_queued gauge\nwaybill_queued 3$/m)
})

test('letters are chosen one by one, of items or of messages, and nothing else is touched', async () => {
  const { store, ask } = testApi({ now: () => now })
  await waiting(store)
  const act = (json: unknown) => ask('/v1/queue/actions', { method: 'POST', json })
  assert.equal((await act({ action: 'hold', ids: ['q2', 'q9'] })).json['count'], 1)
  const held = (await store.queue.list({ limit: 9 })).filter((item) => item.held)
  assert.deepEqual(
    held.map(({ id }) => id),
    ['q2'],
  )
  assert.equal((await act({ action: 'hold', ids: ['JOURNEY1'] })).json['count'], 2)
  for (const wrong of [{ ids: [] }, { ids: ['q1'], all: true }, { ids: ['q1'], q: 'to:x' }, {}]) {
    assert.equal((await act({ action: 'hold', ...wrong })).status, 400)
  }
})

test('a plan has the tries that were and those to come, as the schedule of the server has them', async () => {
  const { store, ask } = testApi({ now: () => now })
  const attempt = {
    type: 'attempt',
    recipient: 'bob@south.example',
    attempt: 1,
    host: 'mx.south.example',
    ip: '203.0.113.20',
    result: 'deferred',
    problem: 'no',
    conversation: [],
    startedAt: now - minuteMs,
    durationMs: 5,
    dns: [],
  }
  const steps = [attempt, { ...attempt, recipient: 'other@south.example' }]
  const json = JSON.stringify({ ...record, steps })
  await store.post.accept(
    acceptance({
      message: message('m1', 'Subject: out\r\n\r\nHello\r\n'),
      queue: [
        queueItem('q1', {
          recipient: 'bob@south.example',
          nextAttemptAt: now + 5 * minuteMs,
          expiresAt: now + 60 * minuteMs,
        }),
      ],
      journeys: [journey('JOURNEY1', { direction: 'out', messageId: 'm1', json })],
    }),
  )
  for (const path of ['/v1/queue', '/v1/messages/JOURNEY1/plan']) {
    const { data } = (await ask(path)).json
    const [item] = data as readonly {
      readonly attempted_at: readonly string[]
      readonly planned_at: readonly string[]
    }[]
    assert.deepEqual(item?.attempted_at, [new Date(now - minuteMs).toISOString()], path)
    assert.deepEqual(
      item.planned_at.map((at) => (Date.parse(at) - now) / minuteMs),
      [5, 10, 20, 40, 60],
    )
  }
})

test('of two who act on one letter at once each is told what became of it, and it happens once', async () => {
  const { store, ask } = testApi({ now: () => now })
  await waiting(store)
  const act = (action: string, reason: string) => {
    return ask(`/v1/messages/JOURNEY1/${action}`, { method: 'POST', json: { reason } })
  }
  const holds = await Promise.all([act('hold', 'one'), act('hold', 'other')])
  assert.deepEqual(
    holds.map(({ status }) => status),
    [200, 200],
  )
  const counts = holds
    .map(({ json }) => Number(json['count']))
    .toSorted((one, other) => one - other)
  assert.deepEqual(counts, [0, 3])
  assert.equal((await store.counts()).held, 3)
  const both = await Promise.all([act('release', 'one'), act('hold', 'other')])
  assert.ok(both.every(({ status }) => status === 200))
  assert.ok([0, 3].includes((await store.counts()).held))
})
