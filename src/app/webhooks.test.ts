import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test, type TestContext } from 'node:test'
import { createHmac } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { WaybillError } from '../base/error.ts'
import { silent } from '../base/log.ts'
import { parseConfig } from '../config/config.ts'
import { ManualClock } from '../base/clock.ts'
import { acceptance } from '../store/contract-cases.ts'
import { cameAt, ends, letter } from '../hooks/test-support/letters.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { dataFolder } from '../store/data-folder.ts'
import { testFolder } from '../store/test-folder.ts'
import { openServer } from './open-server.ts'
import { hookSource, openWebhooks, type WebhookOptions } from './webhooks.ts'

const report = (problem: unknown, where: string): never => {
  return assert.fail(`${where}: ${String(problem)}`)
}

interface Got {
  readonly id: string
  readonly signature: string
  readonly at: string
  readonly body: string
}

/** Somebody on loopback who takes everything. */
async function receiver(t: TestContext): Promise<{
  readonly url: string
  readonly got: readonly Got[]
  have(number: number): Promise<void>
}> {
  const got: Got[] = []
  let told = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (more: string) => (body += more))
    request.on('end', () => {
      const field = (name: string): string => String(request.headers[`webhook-${name}`])
      got.push({ id: field('id'), signature: field('signature'), at: field('timestamp'), body })
      response.writeHead(204).end()
      told.resolve()
      told = Promise.withResolvers()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return {
    url: `http://127.0.0.1:${address.port}/hook`,
    got,
    async have(number) {
      while (got.length < number) await told.promise
    },
  }
}

async function open(t: TestContext, reach: WebhookOptions['reach'], folder: string) {
  const store = openMemoryStore()
  let ids = 0
  const opened = await openWebhooks({
    folder,
    sources: [hookSource('', store)],
    acts: store.acts,
    reach,
    clock: new ManualClock(cameAt),
    newId: () => `${++ids}`,
    log: silent,
    report,
  })
  let closed = false
  const close = async (): Promise<void> => {
    if (closed) return
    closed = true
    await opened.close()
    await store.close()
  }
  t.after(close)
  return { store, webhooks: opened.webhooks, close }
}

test('what happens in a store comes signed to whoever wants it, and is in a file', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const { store, webhooks, close } = await open(t, { type: 'anywhere' }, folder)
  const there = await receiver(t)
  const { secrets } = await webhooks.add({ url: there.url, events: ['message.refused'] })
  const journeys = [letter('JOURNEY1', ends.refused), letter('JOURNEY2', ends.delivered)]
  await store.post.accept(acceptance({ journeys }))
  await there.have(1)
  const [got] = there.got
  assert.ok(got !== undefined)
  const key = Buffer.from((secrets[0] ?? '').slice('whsec_'.length), 'base64')
  const signed = createHmac('sha256', key).update(`${got.id}.${got.at}.${got.body}`)
  assert.equal(got.signature, `v1,${signed.digest('base64')}`)
  assert.equal((JSON.parse(got.body) as { type: string }).type, 'message.refused')
  assert.equal(there.got.length, 1)
  await close()
  const again = await open(t, { type: 'anywhere' }, folder)
  assert.deepEqual(
    again.webhooks.list.map(({ url }) => url),
    [there.url],
  )
})

test('a server of one’s own calls nothing of this machine, whatever a name leads to', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const there = await receiver(t)
  const resolver = new MemoryResolver({ 'inside.example': { A: ['127.0.0.1'] } })
  const { webhooks } = await open(t, { type: 'outside', resolver }, folder)
  const port = new URL(there.url).port
  const { id } = await webhooks.add({ url: `https://inside.example:${port}/hook` })
  const { status, text } = await webhooks.test(id)
  assert.equal(status, 0)
  assert.match(text, /inside\.example leads to 127\.0\.0\.1, and only addresses of the internet/)
  assert.equal(there.got.length, 0)
})

const refused = [
  ['', /no address that can be posted to/],
  ['mail', /no address that can be posted to/],
  ['ftp://example.com/', /no address that can be posted to/],
  ['https://ann:secret@example.com/', /name or a password/],
  ['http://example.com/', /not https/],
  ['https://localhost/', /no address of the internet/],
  ['https://127.1/', /no address of the internet/],
  ['https://0x7f000001/', /no address of the internet/],
  ['https://10.0.0.1/', /no address of the internet/],
  ['https://169.254.169.254/latest', /no address of the internet/],
  ['https://[::1]/', /no address of the internet/],
  ['https://[::ffff:10.0.0.1]/', /no address of the internet/],
  ['https://[64:ff9b::a00:1]/', /no address of the internet/],
] as const

test('a server of one’s own refuses over HTTP what it could never call', async (t) => {
  const { folder, remove } = testFolder()
  const read = parseConfig(
    `hostname = "mx.south.example"
     domains = ["south.example"]
     [listen]
     address = "127.0.0.1"
     [dns]
     servers = ["127.0.0.1:1"]`,
  )
  assert.ok(read.type === 'settings')
  const server = await openServer({
    settings: { ...read.settings, data: folder },
    autoPorts: true,
    log: silent,
    report,
    broken: (problem) => assert.fail(String(problem)),
  })
  t.after(async () => {
    await server.close()
    remove()
  })
  const add = async (url: string): Promise<{ status: number; detail: unknown }> => {
    const answer = await fetch(`http://127.0.0.1:${server.ports.http ?? 0}/v1/webhooks`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${server.token.token}`,
        'content-type': 'application/json',
        connection: 'close',
      },
      body: JSON.stringify({ url }),
    })
    const { detail } = (await answer.json()) as { detail?: unknown }
    return { status: answer.status, detail }
  }
  for (const [url, said] of refused) {
    const { status, detail } = await add(url)
    assert.equal(status, 400, url)
    assert.match(String(detail), said, url)
  }
  assert.equal((await add('https://example.com/hooks')).status, 201)
})

test('in a lab http and this machine are called, and still nothing that is no address', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const { webhooks } = await open(t, { type: 'anywhere' }, folder)
  await webhooks.add({ url: 'http://localhost:3000/hooks' })
  await assert.rejects(
    webhooks.add({ url: 'file:///etc/passwd' }),
    (problem) => problem instanceof WaybillError && problem.code === 'usage',
  )
})

test('a file that is damaged is put aside and told, and begun anew', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const { hooks } = dataFolder(folder)
  writeFileSync(hooks, 'no database at all'.repeat(1000))
  const told: string[] = []
  const opened = await openWebhooks({
    folder,
    sources: [],
    acts: openMemoryStore().acts,
    reach: { type: 'anywhere' },
    clock: new ManualClock(cameAt),
    newId: () => '1',
    log: silent,
    report: (problem, where) => told.push(`${where}: ${String(problem)}`),
  })
  t.after(() => opened.close())
  assert.deepEqual(opened.webhooks.list, [])
  assert.equal(told.length, 1)
  assert.match(told.join(), /webhooks: .*hooks\.db is damaged: it is called hooks\.db\.damaged now/)
  assert.match(readFileSync(`${hooks}.damaged`, 'utf8'), /^no database/)
})
