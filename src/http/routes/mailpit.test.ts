import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OpenAPIHono } from '@hono/zod-openapi'
import { Archives } from '../../desk/archives.ts'
import { acceptance, journey, mailboxItem, message, now } from '../../store/contract-cases.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import type { Store } from '../../store/ports/store.ts'
import type { Api, ApiEnv } from '../api-types.ts'
import { mailpitRoutes } from './mailpit.ts'

type Ask = (path: string, request?: RequestInit) => Promise<Response>

interface Listed {
  readonly total: number
  readonly unread: number
  readonly messages_count: number
  readonly messages: readonly {
    readonly ID: string
    readonly Subject: string
    readonly Read: boolean
  }[]
}

/** The paths over letters with these subjects, the oldest first. */
async function apiOver(...subjects: readonly string[]): Promise<Ask> {
  return await apiOf(openMemoryStore(), ...subjects)
}

async function apiOf(store: Store, ...subjects: readonly string[]): Promise<Ask> {
  for (const [index, subject] of subjects.entries()) {
    const [id, messageId] = [`JOURNEY${index}`, `m${index}`]
    const text = letter.replace('SUBJECT', subject).replace('NUMBER', String(index))
    const rcptTo = ['ann@inbox.example', 'ben@inbox.example']
    await store.post.accept(
      acceptance({
        message: message(messageId, text),
        journeys: [journey(id, { messageId, subject, rcptTo, mailFrom: 'bounce@app.example' })],
        mailbox: rcptTo.map((account) => {
          return mailboxItem({ account, messageId, journeyId: id, receivedAt: now + index })
        }),
      }),
    )
  }
  const api: Api = new OpenAPIHono<ApiEnv>()
  const archive = { name: '', reads: store, mailboxes: store.mailboxes }
  api.use('*', async (c, next) => {
    c.set('visitor', { who: 'lab', scopes: ['manage'] })
    await next()
  })
  mailpitRoutes(api, new Archives([archive]), { acts: store.acts, now: () => now })
  return async (path, request) => await api.request(path, request)
}

const letter = [
  'From: =?utf-8?q?The_=C3=84pp?= <app@app.example>',
  'To: Ann <ann@inbox.example>',
  'Subject: SUBJECT',
  'Message-ID: <NUMBER@app.example>',
  'Content-Type: multipart/mixed; boundary=m',
  '',
  '--m',
  '',
  'Hello Ann',
  '--m',
  'Content-Type: text/html',
  '',
  '<p>Hello <b>Ann</b></p>',
  '--m',
  'Content-Type: application/pdf; name=a.pdf',
  'Content-Disposition: attachment',
  '',
  'abc',
  '--m--',
].join('\r\n')

async function list(ask: Ask, path = '/api/v1/messages'): Promise<Listed> {
  return (await (await ask(path)).json()) as Listed
}

test('the list has each letter once, the newest first, page by page', async () => {
  const ask = await apiOver('one', 'two', 'three')
  const { total, unread, messages_count: count, messages } = await list(ask)
  assert.deepEqual([total, unread, count], [3, 3, 3])
  assert.deepEqual(
    messages.map(({ Subject }) => Subject),
    ['three', 'two', 'one'],
  )
  const second = await list(ask, '/api/v1/messages?start=1&limit=1')
  assert.deepEqual(
    second.messages.map(({ ID }) => ID),
    ['JOURNEY1'],
  )
})

test('a letter as Mailpit has it, by its id and as the latest', async () => {
  const ask = await apiOver('one', 'two')
  const latest = await (await ask('/api/v1/message/latest')).json()
  assert.deepEqual(latest, {
    ID: 'JOURNEY1',
    MessageID: '1@app.example',
    From: { Name: 'The Äpp', Address: 'app@app.example' },
    To: [{ Name: 'Ann', Address: 'ann@inbox.example' }],
    Cc: [],
    Bcc: [{ Name: '', Address: 'ben@inbox.example' }],
    ReplyTo: [],
    ReturnPath: 'bounce@app.example',
    Subject: 'two',
    Date: new Date(now + 1).toISOString(),
    Text: 'Hello Ann',
    HTML: '<p>Hello <b>Ann</b></p>',
    Size: letter.replace('SUBJECT', 'two').replace('NUMBER', '1').length,
    Tags: [],
    Attachments: [
      {
        PartID: '3',
        FileName: 'a.pdf',
        ContentType: 'application/pdf',
        ContentID: '',
        Size: 3,
        Checksums: {
          MD5: '900150983cd24fb0d6963f7d28e17f72',
          SHA1: 'a9993e364706816aba3e25717850c26c9cd0d89d',
          SHA256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
        },
      },
    ],
    Inline: [],
    ListUnsubscribe: { Header: '', HeaderPost: '', Links: [], Errors: '' },
  })
  const [first] = (await list(ask)).messages
  assert.equal(first?.Read, true, 'who reads a letter has read it')
  assert.equal(await (await ask('/api/v1/message/JOURNEY0/part/3')).text(), 'abc')
  assert.match(await (await ask('/api/v1/message/JOURNEY0/raw')).text(), /^From: =\?utf-8/)
  const headers = (await (await ask('/api/v1/message/JOURNEY0/headers')).json()) as object
  assert.deepEqual(
    Object.entries(headers).find(([name]) => name === 'Message-Id'),
    ['Message-Id', ['<0@app.example>']],
  )
  assert.equal(await (await ask('/view/JOURNEY0.txt')).text(), 'Hello Ann')
  const html = await ask('/view/latest.html')
  assert.equal(await html.text(), '<p>Hello <b>Ann</b></p>')
  assert.match(html.headers.get('content-security-policy') ?? '', /^sandbox/)
})

test('headers in raw UTF-8 are text', async () => {
  const ask = await apiOver('Grüße')
  const headers = (await (await ask('/api/v1/message/latest/headers')).json()) as {
    readonly Subject: readonly string[]
  }
  assert.deepEqual(headers.Subject, ['Grüße'])
  assert.deepEqual((await list(ask)).messages[0]?.Subject, 'Grüße')
})

test('search, and deleting what is found', async () => {
  const ask = await apiOver('Welcome', 'Reset', 'Reset again')
  const path = `/api/v1/search?query=${encodeURIComponent('subject:reset to:ann@inbox.example')}`
  const found = await list(ask, path)
  assert.deepEqual([found.messages_count, found.total], [2, 3])
  assert.equal(await (await ask(path, { method: 'DELETE' })).text(), 'ok')
  assert.deepEqual(
    (await list(ask)).messages.map(({ Subject }) => Subject),
    ['Welcome'],
  )
  assert.equal((await ask('/api/v1/search?query=', { method: 'DELETE' })).status, 400)
})

test('deleting some by their ids, and all', async () => {
  const ask = await apiOver('one', 'two', 'three')
  const body = JSON.stringify({ IDs: ['JOURNEY0', 'JOURNEY2'] })
  assert.equal((await ask('/api/v1/messages', { method: 'DELETE', body })).status, 200)
  assert.deepEqual(
    (await list(ask)).messages.map(({ ID }) => ID),
    ['JOURNEY1'],
  )
  await ask('/api/v1/messages', { method: 'DELETE' })
  assert.equal((await list(ask)).total, 0)
})

test('each request that deletes leaves one act, and one that finds nothing leaves none', async () => {
  const store = openMemoryStore()
  const ask = await apiOf(store, 'one', 'two', 'three')
  await ask('/api/v1/messages', { method: 'DELETE', body: '{"IDs":["nothing"]}' })
  await ask('/api/v1/search?query=subject:two', { method: 'DELETE' })
  await ask('/api/v1/messages', { method: 'DELETE' })
  const accounts = ['ann@inbox.example', 'ben@inbox.example']
  const told = (await store.acts.list({ limit: 9 })).map(({ who, door, what, detail }) => {
    return [who, door, what, detail]
  })
  assert.deepEqual(told, [
    ['lab', 'http', 'mail delete', { accounts, messages: 4, ids: ['JOURNEY2', 'JOURNEY0'] }],
    ['lab', 'http', 'mail delete', { accounts, messages: 2, ids: ['JOURNEY1'] }],
  ])
})

test('letters are marked as read and unread', async () => {
  const ask = await apiOver('one', 'two')
  const put = (body: object): Promise<Response> => {
    return ask('/api/v1/messages', { method: 'PUT', body: JSON.stringify(body) })
  }
  await put({ IDs: [], Read: true })
  assert.equal((await list(ask)).unread, 0)
  await put({ IDs: ['JOURNEY1'], Read: false })
  assert.equal((await list(ask, '/api/v1/search?query=is:unread')).messages_count, 1)
})

test('what is wrong is told as Mailpit tells it', async () => {
  const ask = await apiOver('one')
  for (const [path, request, status] of [
    ['/api/v1/message/none', {}, 404],
    ['/view/none.html', {}, 404],
    ['/api/v1/message/latest/part/9', {}, 404],
    ['/api/v1/messages?start=-1', {}, 400],
    ['/api/v1/messages', { method: 'DELETE', body: '{' }, 400],
    ['/api/v1/messages', { method: 'PUT', body: '{"IDs":1}' }, 400],
  ] as const) {
    const answer = await ask(path, request)
    assert.equal(answer.status, status, path)
    assert.equal(typeof ((await answer.json()) as { Error: unknown }).Error, 'string')
  }
  assert.equal((await list(ask)).total, 1)
})
