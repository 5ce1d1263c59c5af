import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { StoredJourney } from '../store/ports/journeys.ts'
import type { Store } from '../store/ports/store.ts'
import { eventView } from './event-view.ts'
import { eventsOf } from './mail-event.ts'
import { append, cameAt, ends, filed, put, step, tried } from './test-support/letters.ts'

async function stored(store: Store, id: string): Promise<StoredJourney> {
  const found = await store.journeys.find(id)
  assert.ok(found.type === 'found')
  return found.journey
}

const west = 'w@west.example'

test('what happened to a letter comes in its order, with all that the next server said', async () => {
  const store = openMemoryStore()
  await put(store, 'JOURNEY1', ends.queued, [filed('bob@south.example')])
  await append(store, 'JOURNEY1', [tried(west, 'deferred', 10)])
  await append(store, 'JOURNEY1', [tried(west, 'failed', 20)])
  const events = eventsOf(await stored(store, 'JOURNEY1'))
  assert.deepEqual(
    events.map(({ id, type, at }) => [id, type, at - cameAt]),
    [
      ['evt_JOURNEY1_1', 'message.accepted', 0],
      ['evt_JOURNEY1_2', 'message.delivered', 0],
      ['evt_JOURNEY1_3', 'delivery.deferred', 10],
      ['evt_JOURNEY1_4', 'delivery.failed', 20],
    ],
  )
  const place = { recipient: west, attempt: 1, host: 'mx.west.example', ip: '192.0.2.25' }
  const words = { code: 451, enhanced: '4.1.0', text: 'Said', command: 'DATA' }
  const nextTry = new Date(cameAt + 60_010).toISOString()
  assert.deepEqual(events[2]?.detail, { ...place, ...words, next_try: nextTry })
  assert.equal(events[3]?.detail['by'], 'remote')
  assert.equal(events[3]?.detail['permanent'], true)
})

test('later steps change nothing of the events before them', async () => {
  const store = openMemoryStore()
  await put(store, 'JOURNEY1', ends.queued)
  const before = eventsOf(await stored(store, 'JOURNEY1'))
  await append(store, 'JOURNEY1', [tried(west, 'delivered', 10)])
  const after = eventsOf(await stored(store, 'JOURNEY1'))
  assert.deepEqual(
    after.slice(0, before.length).map(({ id, type }) => [id, type]),
    before.map(({ id, type }) => [id, type]),
  )
  assert.equal(after.at(-1)?.type, 'delivery.accepted')
})

test('spam that is filed is no delivery, and a refusal says why', async () => {
  const store = openMemoryStore()
  await put(store, 'JOURNEY1', ends.delivered, [filed('bob@south.example', 'Junk')])
  await put(store, 'JOURNEY2', ends.refused)
  const types = eventsOf(await stored(store, 'JOURNEY1')).map(({ type }) => type)
  assert.deepEqual(types, ['message.accepted', 'message.quarantined'])
  const [refused] = eventsOf(await stored(store, 'JOURNEY2'))
  assert.equal(refused?.type, 'message.refused')
  const { code, because } = refused?.detail ?? {}
  assert.deepEqual([code, because], [550, ['dmarc']])
})

test('what a person gave up has their words, and no answer of a server', async () => {
  const store = openMemoryStore()
  const given = { by: 'root', door: 'http', why: 'a loop', silent: true } as const
  const gone = { type: 'given-up', recipient: west, destination: 'west.example', ...given } as const
  await put(store, 'JOURNEY1', ends.queued, [step(gone)])
  const [, event] = eventsOf(await stored(store, 'JOURNEY1'))
  assert.equal(event?.type, 'delivery.failed')
  const { by, who, why } = event?.detail ?? {}
  assert.deepEqual([by, who, why], ['operator', 'root', 'a loop'])
})

test('an event stays small, whatever others have written', async () => {
  const store = openMemoryStore()
  const long = 'x'.repeat(100_000)
  await put(store, 'JOURNEY1', { ...ends.refused, smtp: { ...ends.refused.smtp, text: long } })
  const journey = await stored(store, 'JOURNEY1')
  const rcptTo = Array.from({ length: 1000 }, (_, n) => `${n}${'y'.repeat(60)}@south.example`)
  const [event] = eventsOf({ ...journey, subject: long, summary: long, rcptTo })
  assert.ok(event !== undefined)
  const view = eventView(event, '')
  assert.ok(JSON.stringify(view).length < 15_000)
  assert.equal(view['recipients'], 1000)
})

test('who gave a letter up is told: the other server, time, or ourselves', async () => {
  const store = openMemoryStore()
  const given = tried(west, 'failed', 10)
  if (given.type !== 'attempt') throw new Error('it is no attempt')
  const { answer } = given
  await put(store, 'JOURNEY1', ends.queued, [
    given,
    { ...given, answer: answer && { ...answer, code: 451 } },
    { ...given, answer: undefined },
  ])
  const events = eventsOf(await stored(store, 'JOURNEY1'))
  assert.deepEqual(
    events.slice(1).map(({ detail }) => detail['by']),
    ['remote', 'expired', 'local'],
  )
})
