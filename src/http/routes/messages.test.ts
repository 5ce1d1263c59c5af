import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptance, journey, message, now, queueItem } from '../../store/contract-cases.ts'
import { Archives } from '../../desk/archives.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import { arrive, testApi } from '../test-support/test-api.ts'

const step = { durationMs: 0, dns: [] }

const record = {
  schema: 'waybill.record/1',
  id: 'WAITING1',
  direction: 'out',
  mode: 'lab',
  host: 'mx.north.example',
  startedAt: now,
  envelope: { ip: '192.0.2.1', helo: 'x', mailFrom: 'a@x.example', rcptTo: ['b@y.example'] },
  outcome: { status: 'queued', smtp: { code: 250, enhanced: '2.0.0', text: '', atCommand: '' } },
  steps: [
    { ...step, type: 'tls', protocol: 'TLSv1.3', cipher: 'X', startedAt: now },
    { ...step, type: 'message', octets: 2000, sha256: '', startedAt: now + 100, durationMs: 50 },
    { ...step, type: 'filed', account: 'c', mailbox: 'Junk', recipient: 'c', startedAt: now + 150 },
  ],
  conversation: [],
  subject: '',
  messageId: '',
}

test('a row has size, duration, TLS, mailbox and the next attempt', async () => {
  const { store, ask } = testApi({ now: () => now })
  const kept = journey('WAITING1', { messageId: 'm1', json: JSON.stringify(record) })
  await store.post.accept(
    acceptance({
      message: message('m1', 'Subject: x\r\n\r\nx'),
      journeys: [kept],
      queue: [queueItem('q1', { journeyId: 'WAITING1', nextAttemptAt: now + 60_000 })],
    }),
  )
  const { json } = await ask('/v1/messages')
  const [row] = json['data'] as readonly Readonly<Record<string, unknown>>[]
  assert.ok(row)
  assert.deepEqual([row['size'], row['took_ms'], row['checks']], [2000, 150, { tls: 'TLSv1.3' }])
  assert.deepEqual(row['outcome'], {
    word: 'accepted',
    code: 250,
    enhanced: '2.0.0',
    mailbox: 'Junk',
    next_try: new Date(now + 60_000).toISOString(),
  })
  assert.deepEqual((await ask('/v1/messages/WAITING1')).json, row)
})

test('a list leaves out what goes while it is made, and says whether it looked at all', async () => {
  const store = openMemoryStore()
  await arrive(store, 'STAYS111', { subject: 'stays' })
  await arrive(store, 'LEAVES11', { subject: 'leaves' })
  const journeys = {
    ...store.journeys,
    search: async (query: Parameters<typeof store.journeys.search>[0]) => {
      const { rows } = await store.journeys.search(query)
      return { rows, searchedAll: false, searchedUntil: now }
    },
    listed: (ids: readonly string[]) =>
      store.journeys.listed(ids.filter((id) => id !== 'LEAVES11')),
  }
  const archives = new Archives([{ name: '', reads: { ...store, journeys } }])
  const { status, json } = await testApi({ archives }).ask('/v1/messages')
  assert.equal(status, 200)
  const ids = (json['data'] as readonly { readonly id: string }[]).map(({ id }) => id)
  assert.deepEqual(ids, ['STAYS111'])
  assert.equal(json['searched_all'], false)
  assert.equal(json['searched_until'], new Date(now).toISOString())
  await store.close()
})

test('the list as CSV has all rows of the query, and no cell that a spreadsheet would obey', async () => {
  const { store, ask } = testApi()
  const subject = '=HYPERLINK("https://evil.example","click")'
  for (let number = 0; number < 450; number++) {
    const id = `CSV${String(number).padStart(5, '0')}`
    await arrive(store, id, { subject: number === 7 ? subject : `number ${number}, "x"` })
  }
  const headers = { accept: 'text/csv' }
  const { json, headers: said } = await ask('/v1/messages', { headers })
  assert.match(said.get('content-type') ?? '', /^text\/csv/)
  assert.match(said.get('content-disposition') ?? '', /messages\.csv/)
  const lines = String(json['text']).trimEnd().split('\r\n')
  assert.match(lines[0] ?? '', /^id,site,started_at,/)
  assert.equal(new Set(lines.slice(1).map((line) => line.slice(0, 8))).size, 450)
  const evil = lines.find((line) => line.startsWith('CSV00007'))
  assert.ok(evil?.includes(`"'=HYPERLINK(""https://evil.example"",""click"")"`), evil)
  const some = await ask('/v1/messages?format=csv&q=subject:HYPERLINK')
  assert.equal(String(some.json['text']).trimEnd().split('\r\n').length, 2)
  assert.equal((await ask('/v1/messages?format=csv&q=dmrc:fail')).status, 400)
})
