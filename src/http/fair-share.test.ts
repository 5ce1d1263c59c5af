/** Who was let in, and asks for more than a share. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { HttpServer } from './http-server.ts'
import { testApi } from './test-support/test-api.ts'
import { host, key, openHttp, Talk } from './test-support/talk.ts'

const ann = 'Authorization: Bearer ann'
const stream = 'GET /v1/events/stream HTTP/1.1'

async function follow(t: TestContext, server: HttpServer, by: string): Promise<Talk> {
  const talk = await Talk.open(t, server)
  talk.send(stream, host, by)
  await talk.until(/\r\n\r\n/)
  return talk
}

test('an account opens so many streams, and nobody else has fewer by that', async (t) => {
  const server = await openHttp(t)
  const open: Talk[] = []
  for (let number = 0; number < 16; number++) open.push(await follow(t, server, ann))
  assert.ok(open.every(({ text }) => text.startsWith('HTTP/1.1 200 ')))
  const further = await follow(t, server, ann)
  assert.match(further.text, /^HTTP\/1\.1 429 [^]*problems\/too-many/)
  const other = await follow(t, server, key)
  assert.match(other.text, /^HTTP\/1\.1 200 /)
  // It looks at its mail as before.
  further.send('GET /v1/messages HTTP/1.1', host, ann)
  await further.until(/"has_more"/)
  // With one of them its place is free again.
  open[0]?.socket.destroy()
  for (;;) {
    const again = await follow(t, server, ann)
    if (again.text.startsWith('HTTP/1.1 200 ')) break
    again.socket.destroy()
    await again.closed
  }
})

test('of one key so many requests are answered at once, and the others in their order', async () => {
  const begun: string[] = []
  const goOn = Promise.withResolvers<void>()
  const { ask } = testApi({
    more(api) {
      api.get('/v1/slow/:n', async (c) => {
        begun.push(c.req.param('n'))
        await goOn.promise
        return c.text('done')
      })
    },
  })
  const asked = Array.from({ length: 20 }, (_, n) => ask(`/v1/slow/${n}`))
  // Nobody waits to hear that the server lives.
  assert.equal((await ask('/v1/health/live')).status, 200)
  assert.equal(begun.length, 16)
  goOn.resolve()
  const all = await Promise.all(asked)
  assert.ok(all.every(({ status }) => status === 200))
  assert.deepEqual(
    begun,
    Array.from({ length: 20 }, (_, n) => String(n)),
  )
})

test('the next request of an account begins when one before it was given up', async (t) => {
  const server = await openHttp(t)
  const busy: Talk[] = []
  // Bodies that do not come hold the places of their own key.
  for (let number = 0; number < 4; number++) {
    const talk = await Talk.open(t, server)
    talk.send(
      'POST /v1/evaluations HTTP/1.1',
      host,
      ann,
      'Content-Type: application/json',
      'Content-Length: 9',
      'Expect: 100-continue',
    )
    await talk.until(/100 Continue/)
    busy.push(talk)
  }
  const late = await Talk.open(t, server)
  late.send('GET /v1/messages HTTP/1.1', host, ann)
  const other = await Talk.open(t, server)
  other.send('GET /v1/messages HTTP/1.1', host, key)
  await other.until(/"has_more"/)
  assert.equal(late.text, '')
  busy[0]?.socket.destroy()
  await late.until(/"has_more"/)
  await Promise.all(
    busy.slice(1).map(async ({ socket, closed }) => {
      socket.destroy()
      await closed
    }),
  )
})
