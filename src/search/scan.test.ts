import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JourneyRecord } from '../journey/record.ts'
import { acceptance, journey, message } from '../store/contract-cases.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { Store } from '../store/ports/store.ts'
import { parseQuery } from './query.ts'
import { scan } from './scan.ts'
import { wordsOf } from './words.ts'

async function search(store: Store, text: string, limit = 10): Promise<readonly string[]> {
  const query = parseQuery(text, Date.now())
  if (!query.ok) throw new Error(query.problem.problem)
  return (await scan(store, query.value, { limit })).rows.map(({ id }) => id)
}

const record: JourneyRecord = {
  schema: 'waybill.record/1',
  id: '',
  direction: 'in',
  mode: 'live',
  host: 'mx.example',
  startedAt: 1000,
  envelope: { ip: '192.0.2.1', helo: 'Client.example', mailFrom: 'a@b.example', rcptTo: [] },
  outcome: {
    status: 'refused',
    smtp: { code: 550, enhanced: '5.7.26', text: 'No.', atCommand: 'DATA' },
    because: [],
  },
  steps: [
    {
      type: 'tls',
      protocol: 'TLSv1.3',
      cipher: 'X',
      startedAt: 1000,
      durationMs: 5,
      dns: [],
    },
    {
      type: 'message',
      octets: 2000,
      sha256: '',
      problem: undefined,
      startedAt: 3000,
      durationMs: 4000,
      dns: [],
    },
  ],
  conversation: [],
  replay: undefined,
  subject: '',
  messageId: '',
}

async function put(
  store: Store,
  id: string,
  subject: string,
  lines: readonly string[],
): Promise<void> {
  const messageId = `m-${id}`
  const json = JSON.stringify({ ...record, id, subject })
  const journeys = [journey(id, { messageId, subject, json })]
  await store.post.accept(acceptance({ message: message(messageId, lines.join('\r\n')), journeys }))
}

test('messages are found by words of subject and text, by Cc and by their files', async () => {
  const store = openMemoryStore()
  await put(store, 'PLAIN111', 'Your invoice', [
    'Cc: =?utf-8?q?J=C3=B6rg?= <joerg@copy.example>',
    '',
    'Pay the last reminder of Zürich now',
  ])
  await put(store, 'PARTS222', 'Minutes', [
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/html',
    '',
    '<p>Hidden <b>treasure</b><script>nothing</script>',
    '--b',
    'Content-Type: text/plain',
    'Content-Disposition: attachment; filename=notes.txt',
    '',
    'unseen',
    '--b--',
  ])
  const table: readonly (readonly [query: string, ids: readonly string[]])[] = [
    ['invoice', ['PLAIN111']],
    ['invo', ['PLAIN111']],
    ['voice', []],
    ['"invo"', []],
    ['"last reminder"', ['PLAIN111']],
    ['"reminder last"', []],
    ['zurich', ['PLAIN111']],
    ['ZÜRICH -invoice', []],
    ['body:pay', ['PLAIN111']],
    ['body:invoice', []],
    ['cc:jorg', ['PLAIN111']],
    ['joerg@copy.example', ['PLAIN111']],
    ['treasure', ['PARTS222']],
    ['nothing', []],
    ['unseen', []],
    ['has:attachment', ['PARTS222']],
    ['-has:attachment', ['PLAIN111']],
    ['subject:minutes', ['PARTS222']],
    ['-subject:minutes', ['PLAIN111']],
    ['id:plain', ['PLAIN111']],
    ['"treasure" OR "a* NEAR/2 b"', []],
  ]
  for (const [query, ids] of table) assert.deepEqual(await search(store, query), ids, query)
  await store.close()
})

test('messages are found by what their journeys say', async () => {
  const store = openMemoryStore()
  await put(store, 'FACTS111', 'facts', ['', 'x'])
  const all = ['FACTS111']
  const table: readonly (readonly [query: string, ids: readonly string[]])[] = [
    ['code:550', all],
    ['code:55', all],
    ['code:551', []],
    ['code:5.7.26', all],
    ['code:5.7', all],
    ['code:5.7.2', []],
    ['tls:yes', all],
    ['tls:no', []],
    ['tls:TLSv1.3', all],
    ['tls:tlsv1.2', []],
    ['spf:pass', []],
    ['-spf:pass', all],
    ['helo:client.EX', all],
    ['took:>5s', all],
    ['took:>6s', []],
    ['took:<7s', all],
    ['larger:1k', all],
    ['larger:2k', []],
    ['smaller:2k', all],
    ['is:in larger:1k', all],
    ['is:out', []],
    ['-ip:192.0.2.1', []],
    ['-ip:192.0.2.2', all],
    ['-status:delivered', all],
  ]
  for (const [query, ids] of table) assert.deepEqual(await search(store, query), ids, query)
  await store.close()
})

test('a message that was just accepted is found by each word of its subject', async () => {
  const store = openMemoryStore()
  const subjects = [
    'Ünïcode “quotes” ﬁne',
    '発注 書 2026',
    'x\u200by \u202eevil',
    "it's 100% OK: (a)*",
  ]
  for (const [at, subject] of subjects.entries()) {
    const id = `SUBJECT${at}`
    await put(store, id, subject, ['', 'text'])
    for (const word of wordsOf(subject)) {
      assert.ok((await search(store, word)).includes(id), word)
      assert.ok((await search(store, `"${word}"`)).includes(id), word)
    }
  }
  await store.close()
})

test('a page ends where it is full and goes on behind the last one', async () => {
  const store = openMemoryStore()
  for (const id of ['PAGE0001', 'PAGE0002', 'PAGE0003']) await put(store, id, 'same', ['', 'x'])
  const query = parseQuery('same', 0)
  assert.ok(query.ok)
  const first = await scan(store, query.value, { limit: 2 })
  assert.deepEqual(
    first.rows.map(({ id }) => id),
    ['PAGE0003', 'PAGE0002'],
  )
  const rest = await scan(store, query.value, { limit: 2, behind: 'PAGE0002' })
  assert.deepEqual(
    rest.rows.map(({ id }) => id),
    ['PAGE0001'],
  )
  await store.close()
})

test('a message is opened only for a query that looks into it', async () => {
  const store = openMemoryStore()
  await put(store, 'OPENED11', 'hello', ['', 'x'])
  let opened = 0
  const messages = {
    open(id: string) {
      opened++
      return store.messages.open(id)
    },
  }
  const look = async (text: string): Promise<number> => {
    const query = parseQuery(text, 0)
    assert.ok(query.ok)
    opened = 0
    await scan({ journeys: store.journeys, messages }, query.value, { limit: 10 })
    return opened
  }
  assert.equal(await look('dmarc:fail'), 0)
  assert.equal(await look('-code:550 larger:1k'), 0)
  assert.equal(await look('hello'), 1)
  assert.equal(await look('-body:hello'), 1)
  assert.equal(await look('cc:anna'), 1)
  assert.equal(await look('has:attachment'), 1)
})
