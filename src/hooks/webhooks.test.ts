import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { test, type TestContext } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import type { LogLine } from '../base/log.ts'
import { HookSender } from '../io/hook-sender.ts'
import { openMemoryHooks } from '../store/memory/hooks.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { HookAttemptRow } from '../store/ports/hooks.ts'
import { append, cameAt, ends, put, tried } from './test-support/letters.ts'
import { testWebhooks } from './test-support/webhooks.ts'
import type { Webhooks } from './webhooks.ts'

interface Got {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A receiver of webhooks on loopback, which answers as it is told. */
async function receiver(t: TestContext): Promise<{
  readonly url: string
  readonly got: Got[]
  /** Resolves when so many requests have come. */
  have(number: number): Promise<void>
  answer: (got: Got) => { readonly status: number; readonly headers?: Record<string, string> }
}> {
  const got: Got[] = []
  let told = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (more: string) => (body += more))
    request.on('end', () => {
      const one = { path: request.url ?? '', headers: request.headers, body }
      got.push(one)
      const { status, headers = {} } = here.answer(one)
      // 0: it never answers.
      if (status !== 0) response.writeHead(status, headers).end('said')
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
  const here = {
    url: `http://127.0.0.1:${address.port}/hook`,
    got,
    async have(number: number) {
      while (got.length < number) await told.promise
    },
    answer: (_got: Got): { readonly status: number; readonly headers?: Record<string, string> } => {
      return { status: 204 }
    },
  }
  return here
}

/** What all of a test needs; the clock stands still until it is moved. */
async function open(t: TestContext) {
  const store = openMemoryStore()
  const clock = new ManualClock(cameAt)
  const lines: LogLine[] = []
  const port = openMemoryHooks()
  const sender = new HookSender({ reach: { type: 'anywhere' } })
  const make = (): Webhooks => {
    return testWebhooks(store, {
      port,
      clock,
      trueNow: () => clock.now(),
      send: (request) => sender.send(request),
      log: (line) => lines.push(line),
    })
  }
  const webhooks = make()
  await webhooks.start()
  t.after(async () => {
    sender.close()
    await webhooks.stop()
    await store.close()
  })
  return { store, clock, lines, port, webhooks, make }
}

/** Resolves with all attempts, the first one first, when there are so many. */
async function attempts(
  webhooks: Webhooks,
  id: string,
  number: number,
): Promise<readonly HookAttemptRow[]> {
  for (;;) {
    const found = await webhooks.attempts(id, { limit: 100 })
    if (found.length >= number) {
      // What follows from the last of them (the next timer) is done in later turns.
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
      return found.toReversed()
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function isSigned({ headers, body }: Got, secret: string): boolean {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
  const wanted = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
  return String(headers['webhook-signature']).split(' ').includes(wanted)
}

const west = 'w@west.example'

test('an event comes signed, with what it is about, and only where it is wanted', async (t) => {
  const { store, webhooks } = await open(t)
  const there = await receiver(t)
  const { id, secrets } = await webhooks.add({ url: there.url, events: ['delivery.'] })
  await put(store, 'JOURNEY1', ends.queued)
  await append(store, 'JOURNEY1', [tried(west, 'delivered', 5)])
  await there.have(1)
  const [got] = there.got
  assert.ok(got !== undefined && isSigned(got, secrets[0] ?? ''))
  assert.equal(got.headers['webhook-timestamp'], String(cameAt / 1000))
  assert.equal(got.headers['webhook-id'], 'evt_JOURNEY1_2')
  const told = JSON.parse(got.body) as { type: string; data: Record<string, unknown> }
  assert.equal(told.type, 'delivery.accepted')
  const { id: journey, recipient, code, ip } = told.data
  assert.deepEqual([journey, recipient, code, ip], ['JOURNEY1', west, 250, '192.0.2.25'])
  assert.ok(Buffer.byteLength(got.body) < 20_000)
  const [attempt] = await attempts(webhooks, id, 1)
  assert.deepEqual([attempt?.status, attempt?.state], [204, 'arrived'])
  assert.equal(there.got.length, 1)
})

test('what is not taken comes again by the plan, under the same id', async (t) => {
  const { store, clock, webhooks } = await open(t)
  const there = await receiver(t)
  there.answer = () => ({ status: there.got.length < 3 ? 500 : 200 })
  const { id } = await webhooks.add({ url: there.url })
  await put(store, 'JOURNEY1', ends.refused)
  await attempts(webhooks, id, 1)
  clock.advance(4999)
  assert.equal(there.got.length, 1)
  clock.advance(1)
  await attempts(webhooks, id, 2)
  clock.advance(300_000)
  const all = await attempts(webhooks, id, 3)
  assert.deepEqual(
    all.map(({ status, state }) => [status, state]),
    [500, 500, 200].map((status) => [status, 'arrived']),
  )
  const ids = new Set(there.got.map(({ headers }) => headers['webhook-id']))
  assert.deepEqual(Array.from(ids), ['evt_JOURNEY1_1'])
  assert.equal(webhooks.list[0]?.failingSince, undefined)
})

test('more time is given that is asked for, and redirects are not followed', async (t) => {
  const { store, clock, webhooks } = await open(t)
  const there = await receiver(t)
  const headers = { 'retry-after': '60', location: `${there.url}/elsewhere` }
  there.answer = () => ({ status: 302, headers })
  const { id } = await webhooks.add({ url: there.url })
  await put(store, 'JOURNEY1', ends.refused)
  const [first] = await attempts(webhooks, id, 1)
  assert.equal(first?.nextAt, clock.now() + 60_000)
  assert.deepEqual(
    there.got.map(({ path }) => path),
    ['/hook'],
  )
})

test('who says 410 hears nothing more, and whoever runs the server is told', async (t) => {
  const { store, lines, webhooks } = await open(t)
  const there = await receiver(t)
  there.answer = () => ({ status: 410 })
  const { id } = await webhooks.add({ url: there.url })
  await put(store, 'JOURNEY1', ends.refused)
  const [attempt] = await attempts(webhooks, id, 1)
  assert.equal(attempt?.state, 'given up')
  await put(store, 'JOURNEY2', ends.refused)
  await attempts(webhooks, id, 1)
  assert.equal(there.got.length, 1)
  assert.match(webhooks.list[0]?.off ?? '', /410/)
  assert.deepEqual(
    lines.map(({ event, fields }) => [event, fields['endpoint']]),
    [['webhook', id]],
  )
  const [act] = await store.acts.list({ limit: 1 })
  assert.deepEqual([act?.what, act?.detail['id']], ['webhook off', id])
  there.answer = () => ({ status: 200 })
  await webhooks.change(id, { enabled: true })
  await put(store, 'JOURNEY3', ends.refused)
  const later = await attempts(webhooks, id, 2)
  assert.equal(later.at(-1)?.status, 200)
})

test('an endpoint where nothing arrives for days is switched off', async (t) => {
  const { store, clock, webhooks } = await open(t)
  const there = await receiver(t)
  there.answer = () => ({ status: 500 })
  const { id } = await webhooks.add({ url: there.url })
  await put(store, 'JOURNEY1', ends.refused)
  await attempts(webhooks, id, 1)
  for (let number = 2; webhooks.list[0]?.off === ''; number++) {
    assert.ok(number < 13)
    // No timer lasts longer than an hour: it is looked again until it is due.
    const [last] = await webhooks.attempts(id, { limit: 1 })
    const before = clock.now()
    clock.advance((last?.nextAt ?? before) - before)
    await webhooks.change(id, {})
    if (last?.nextAt === undefined) {
      clock.advance(5 * 86_400_000)
      await put(store, `JOURNEY${number}`, ends.refused)
    }
    await attempts(webhooks, id, number)
  }
  assert.match(webhooks.list[0]?.off ?? '', /5 days/)
})

test('one that does not answer holds no other up', async (t) => {
  const { store, webhooks } = await open(t)
  const slow = await receiver(t)
  const fast = await receiver(t)
  slow.answer = () => ({ status: 0 })
  await webhooks.add({ url: slow.url })
  await webhooks.add({ url: fast.url })
  for (let n = 1; n <= 20; n++) await put(store, `JOURNEY${n}`, ends.refused)
  await fast.have(20)
  assert.ok(slow.got.length <= 4)
})

test('what happened while nobody was there to tell it is told after a restart, each once', async (t) => {
  const { store, webhooks, make } = await open(t)
  const there = await receiver(t)
  const { id } = await webhooks.add({ url: there.url })
  await put(store, 'JOURNEY1', ends.queued)
  await attempts(webhooks, id, 1)
  await webhooks.stop()
  await append(store, 'JOURNEY1', [tried(west, 'delivered', 5)])
  await put(store, 'JOURNEY2', ends.refused)
  const again = make()
  await again.start()
  t.after(() => again.stop())
  await attempts(again, id, 3)
  assert.deepEqual(
    new Set(there.got.map(({ headers }) => headers['webhook-id'])),
    new Set(['evt_JOURNEY1_1', 'evt_JOURNEY1_2', 'evt_JOURNEY2_1']),
  )
  assert.equal(there.got.length, 3)
})

test('while a secret takes the place of another, both sign; a day later the new one alone', async (t) => {
  const { store, clock, webhooks } = await open(t)
  const there = await receiver(t)
  const made = await webhooks.add({ url: there.url })
  const old = made.secrets[0] ?? ''
  const rotated = await webhooks.rotate(made.id)
  const fresh = rotated.secrets[0] ?? ''
  assert.notEqual(fresh, old)
  await put(store, 'JOURNEY1', ends.refused)
  await attempts(webhooks, made.id, 1)
  clock.advance(86_400_000)
  await put(store, 'JOURNEY2', ends.refused)
  await attempts(webhooks, made.id, 2)
  const signs = there.got.map((got) => [isSigned(got, old), isSigned(got, fresh)])
  assert.deepEqual(signs, [
    [true, true],
    [false, true],
  ])
})

test('a try can be made again, and a test tells what was answered', async (t) => {
  const { store, webhooks } = await open(t)
  const there = await receiver(t)
  const { id, secrets } = await webhooks.add({ url: there.url })
  await put(store, 'JOURNEY1', ends.refused)
  const [first] = await attempts(webhooks, id, 1)
  await webhooks.replay(id, first?.number ?? 0)
  await attempts(webhooks, id, 2)
  assert.equal(there.got[1]?.body, there.got[0]?.body)
  await assert.rejects(webhooks.replay(id, 999), /no attempt 999/)
  assert.deepEqual(await webhooks.test(id), { status: 204, text: '', retryAfter: '' })
  const last = there.got.at(-1)
  assert.ok(last !== undefined && isSigned(last, secrets[0] ?? ''))
  assert.equal((JSON.parse(last.body) as { type: string }).type, 'webhook.test')
})

test('an endpoint that is removed hears nothing more', async (t) => {
  const { store, webhooks } = await open(t)
  const [gone, stays] = [await receiver(t), await receiver(t)]
  const { id } = await webhooks.add({ url: gone.url })
  await webhooks.add({ url: stays.url })
  await webhooks.remove(id)
  await put(store, 'JOURNEY1', ends.refused)
  await stays.have(1)
  assert.equal(gone.got.length, 0)
  await assert.rejects(webhooks.attempts(id, { limit: 1 }), /no webhook/)
})

test('one that is switched on again is told of what happens from then on', async (t) => {
  const { clock, webhooks } = await open(t)
  const there = await receiver(t)
  const { id } = await webhooks.add({ url: there.url })
  assert.equal((await webhooks.change(id, { enabled: false })).off, 'It was switched off.')
  clock.advance(60_000)
  const on = await webhooks.change(id, { enabled: true })
  assert.deepEqual([on.off, on.since], ['', cameAt + 60_000])
  // To say so once more begins nothing anew.
  clock.advance(60_000)
  assert.equal((await webhooks.change(id, { enabled: true })).since, cameAt + 60_000)
})
