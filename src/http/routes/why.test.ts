import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Archives } from '../../desk/archives.ts'
import { acceptance, journey, message, now, queueItem } from '../../store/contract-cases.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import { testApi } from '../test-support/test-api.ts'

const record = {
  schema: 'waybill.record/1',
  id: 'JOURNEY1',
  direction: 'out',
  mode: 'live',
  host: 'x',
  startedAt: now,
  envelope: { ip: '', helo: '', mailFrom: 'anna@north.example', rcptTo: [] },
  outcome: { status: 'queued', because: [] },
  steps: [],
  conversation: [],
  subject: '',
  messageId: '',
}

test('it says over HTTP what keeps a letter, with what the running server knows', async () => {
  const store = openMemoryStore()
  const until = now + 3_600_000
  const heldBack = { by: 'pause', because: 'The address is listed.', until } as const
  const archives = new Archives([
    {
      name: '',
      reads: store,
      standing: (destinations) => destinations.map((destination) => ({ destination, heldBack })),
    },
  ])
  const { ask } = testApi({ now: () => now, archives })
  await store.post.accept(
    acceptance({
      message: message('m1', 'Subject: out\r\n\r\nHello\r\n'),
      queue: [queueItem('q1')],
      journeys: [
        journey('JOURNEY1', { direction: 'out', messageId: 'm1', json: JSON.stringify(record) }),
      ],
    }),
  )
  const { json } = await ask('/v1/messages/JOURNEY1/why')
  const recipients = json['recipients'] as readonly {
    readonly recipient: string
    readonly turn: string
    readonly holds: readonly { readonly by: string; readonly until: string | null }[]
  }[]
  assert.equal(json['schema'], 'waybill.why/1')
  assert.deepEqual(
    recipients.map(({ recipient, turn }) => [recipient, turn]),
    [['bob@south.example', 'this-server']],
  )
  assert.deepEqual(recipients[0]?.holds[0]?.until, new Date(until).toISOString())
  assert.equal(recipients[0].holds[0].by, 'pause')
  assert.equal((await ask('/v1/messages/nothing/why')).status, 404)
})

test('over HTTP it says how far a letter has come that is being sent', async () => {
  const store = openMemoryStore()
  const sending = { stage: 'RCPT', since: now, host: 'mx.south.example', ip: '192.0.2.1' } as const
  const turns = (ids: readonly string[]) => ids.map((queueId) => ({ queueId, at: sending }))
  const archives = new Archives([{ name: '', reads: store, turns }])
  const { ask } = testApi({ now: () => now, archives })
  const json = JSON.stringify(record)
  await store.post.accept(
    acceptance({
      message: message('m1', 'Subject: out\r\n\r\nHello\r\n'),
      queue: [queueItem('q1')],
      journeys: [journey('JOURNEY1', { direction: 'out', messageId: 'm1', json })],
    }),
  )
  const why = await ask('/v1/messages/JOURNEY1/why')
  const [told] = why.json['recipients'] as readonly {
    readonly holds: readonly { readonly by: string; readonly sending: unknown }[]
  }[]
  const hold = told?.holds[0]
  assert.equal(hold?.by, 'under-way')
  assert.deepEqual(hold.sending, {
    since: new Date(now).toISOString(),
    host: 'mx.south.example',
    address: '192.0.2.1',
    stage: 'RCPT',
  })
})
