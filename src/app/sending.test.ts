import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { test, type TestContext } from 'node:test'
import { silent } from '../base/log.ts'
import { parseConfig } from '../config/config.ts'
import type { Settings } from '../config/settings.ts'
import type { Visitor } from '../http/access.ts'
import { makeApi } from '../http/api.ts'
import { submitting } from '../http/sending.ts'
import { Archives } from '../desk/archives.ts'
import { systemClock } from '../io/clock.ts'
import { testFolder } from '../store/test-folder.ts'
import { openServer } from './open-server.ts'

interface Answer {
  readonly status: number
  readonly json: Readonly<Record<string, unknown>>
}

type Post = (
  visitor: Visitor,
  body: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer>

const receipts = { find: async () => undefined }
const sends = { scopes: ['read', 'send'] } as const
const operator: Visitor = { who: 'operator', ...sends }

function settingsOf(folder: string, limits = ''): Settings {
  const read = parseConfig(
    `hostname = "mx.south.example"
     domains = ["south.example", "second.example"]
     [listen]
     address = "127.0.0.1"
     [dns]
     servers = ["127.0.0.1:1"]
     [limits]
     ${limits}
     [[account]]
     address = "ann@south.example"
     aliases = ["info@south.example"]
     [[account]]
     address = "ben@south.example"`,
  )
  assert.ok(read.type === 'settings', JSON.stringify(read))
  return { ...read.settings, data: folder }
}

const about = {
  autoPorts: true,
  log: silent,
  report: (problem: unknown, where: string) => assert.fail(`${where}: ${String(problem)}`),
  broken: (problem: unknown) => assert.fail(String(problem)),
}

/** A server of south.example with two people, and how letters are posted to it as somebody. */
async function open(t: TestContext, limits = ''): Promise<Post> {
  const { folder, remove } = testFolder()
  const server = await openServer({ ...about, settings: settingsOf(folder, limits) })
  t.after(async () => {
    await server.close()
    remove()
  })
  const { system } = server
  return async (visitor, body, headers = {}) => {
    const api = makeApi({
      mode: 'live',
      version: '1',
      archives: new Archives([]),
      access: { byKey: async () => undefined, bySession: async () => undefined, anybody: visitor },
      sending: submitting(system.door, receipts),
      now: () => systemClock.now(),
      newId: () => system.newId(),
      report: (fault) => assert.fail(String(fault)),
    })
    const answer = await api.request('/v1/messages', {
      method: 'POST',
      headers: { host: 'localhost', 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    return { status: answer.status, json: JSON.parse(await answer.text()) as Answer['json'] }
  }
}

const to = 'ben@south.example'

test('an account writes as its own addresses and as nobody else', async (t) => {
  const post = await open(t)
  const ann: Visitor = { who: 'key of ann', account: 'ann@south.example', ...sends }
  for (const from of ['ann@south.example', 'Info <info@south.example>', 'ann+x@south.example']) {
    assert.equal((await post(ann, { from, to })).status, 202, from)
  }
  for (const from of ['ben@south.example', 'ann@second.example', 'x@elsewhere.example']) {
    const { status, json } = await post(ann, { from, to })
    assert.equal(status, 422, from)
    assert.match(String(json['type']), /from-not-yours$/)
    assert.match(String(json['hint']), /ann@south\.example/)
  }
  const hidden = { from: 'ann@south.example', headers: { Sender: 'ben@south.example' }, to }
  assert.match(String((await post(ann, hidden)).json['type']), /from-not-yours$/)
})

test('a key of a domain writes for it, the operator for every domain of ours', async (t) => {
  const post = await open(t)
  const key: Visitor = { who: 'key second', domains: ['second.example'], ...sends }
  assert.equal((await post(key, { from: 'x@second.example', to })).status, 202)
  const other = await post(key, { from: 'ann@south.example', to })
  assert.deepEqual([other.status, other.json['title']], [422, 'You may not send as this address'])
  assert.equal((await post(operator, { from: 'x@south.example', to })).status, 202)
  assert.equal((await post(operator, { from: 'x@third.example', to })).status, 422)
})

test('each recipient has a word of its own, and a letter that nobody takes is refused', async (t) => {
  const post = await open(t)
  const from = 'ann@south.example'
  const some = await post(operator, { from, to: [to, 'gone@south.example', 'x@far.example'] })
  assert.equal(some.status, 202)
  const told = some.json['recipients'] as readonly { address: string; status: string }[]
  assert.deepEqual(
    told.map(({ address, status }) => [address, status]),
    [
      [to, 'delivered'],
      ['gone@south.example', 'refused'],
      ['x@far.example', 'queued'],
    ],
  )
  const none = await post(operator, { from, to: ['gone@south.example', 'lost@south.example'] })
  assert.equal(none.status, 422)
  const errors = none.json['errors'] as readonly { pointer: string; detail: string }[]
  assert.deepEqual(
    errors.map(({ pointer }) => pointer),
    ['/recipients/0', '/recipients/1'],
  )
  assert.match(errors[1]?.detail ?? '', /lost@south\.example.*5\.1\.1/)
})

test('the limits of the submission ports are those of a request', async (t) => {
  const post = await open(t, 'message_bytes = 100000\nrecipients = 100')
  const from = 'ann@south.example'
  const large = await post(operator, { from, to, text: 'x\n'.repeat(60_000) })
  assert.deepEqual([large.status, String(large.json['type']).split('/').at(-1)], [413, 'too-much'])
  const many = Array.from({ length: 101 }, (_, n) => `r${n}@far.example`)
  const all = await post(operator, { from, to: many })
  assert.match(String(all.json['type']), /too-many-recipients$/)
  assert.equal((await post(operator, { from, to: many.slice(1) })).status, 202)
})

test('who may only read sends nothing', async (t) => {
  const post = await open(t)
  const reader: Visitor = { who: 'key', scopes: ['read'] }
  assert.equal((await post(reader, { from: 'ann@south.example', to })).status, 403)
})

test('the operator sends over the port, and a key makes one letter of two requests', async (t) => {
  const { folder, remove } = testFolder()
  const server = await openServer({ ...about, settings: settingsOf(folder) })
  t.after(async () => {
    await server.close()
    remove()
  })
  const post = async (): Promise<{ readonly text: string; readonly again: string | null }> => {
    const answer = await fetch(`http://127.0.0.1:${server.ports.http}/v1/messages`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${server.token.token}`,
        'content-type': 'application/json',
        'idempotency-key': 'one',
        connection: 'close',
      },
      body: JSON.stringify({ from: 'ann@south.example', to }),
    })
    assert.equal(answer.status, 202)
    return { text: await answer.text(), again: answer.headers.get('idempotent-replayed') }
  }
  const first = await post()
  assert.equal(first.again, null)
  assert.deepEqual(await post(), { text: first.text, again: 'true' })
})

test('a key of an account sends from where it comes, and sees the journey of that', async (t) => {
  const { folder, remove } = testFolder()
  const server = await openServer({ ...about, settings: settingsOf(folder) })
  t.after(async () => {
    await server.close()
    remove()
  })
  const ask = async (key: string, path: string, body?: unknown): Promise<Answer> => {
    const asking = request({
      host: '127.0.0.1',
      port: server.ports.http,
      localAddress: '127.0.0.2',
      path,
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      agent: false,
    })
    asking.end(body === undefined ? undefined : JSON.stringify(body))
    const [answer] = (await once(asking, 'response')) as [IncomingMessage]
    let text = ''
    for await (const chunk of answer.setEncoding('utf8')) text += String(chunk)
    return { status: answer.statusCode ?? 0, json: JSON.parse(text) as Answer['json'] }
  }
  const wanted = {
    name: 'shop',
    scopes: ['read', 'send'],
    account: 'ann@south.example',
    reason: 'x',
  }
  const key = String((await ask(server.token.token, '/v1/keys', wanted)).json['secret'])
  const other = await ask(key, '/v1/messages', { from: to, to })
  assert.match(String(other.json['type']), /from-not-yours$/)
  const sent = await ask(key, '/v1/messages', { from: 'info@south.example', to })
  assert.equal(sent.status, 202)
  const journey = await ask(key, `/v1/messages/${String(sent.json['id'])}/journey`)
  const { ip, login } = journey.json['envelope'] as { readonly ip: string; readonly login: string }
  assert.deepEqual([ip, login], ['127.0.0.2', 'ann@south.example'])
  const steps = journey.json['steps'] as readonly { readonly id: string; readonly answer: string }[]
  assert.match(steps.find(({ id }) => id === 'login')?.answer ?? '', /key shop/)
})

test('another page cannot have the browser of an account send', async (t) => {
  const post = await open(t)
  const ann: Visitor = { who: 'ann', account: 'ann@south.example', ...sends }
  const letter = { from: 'ann@south.example', to }
  for (const headers of [
    { origin: 'http://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]) {
    const { status, json } = await post(ann, letter, headers)
    assert.deepEqual([status, String(json['type']).split('/').at(-1)], [403, 'cross-site'])
  }
  assert.equal((await post(ann, letter, { origin: 'http://localhost' })).status, 202)
})
