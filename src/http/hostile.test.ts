/** Whoever asks over a socket as no browser would: each is refused early, and the others go on. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import type { HttpServer } from './http-server.ts'
import { host, key, openHttp, Talk } from './test-support/talk.ts'

async function isThere(t: TestContext, server: HttpServer): Promise<void> {
  const talk = await Talk.open(t, server)
  talk.send('GET /v1/health/live HTTP/1.1', host)
  await talk.until(/^HTTP\/1\.1 200 /)
}

test('a body of gigabytes that is announced is refused before it comes', async (t) => {
  const server = await openHttp(t)
  const talk = await Talk.open(t, server)
  const type = 'Content-Type: application/json'
  talk.send('POST /v1/replays HTTP/1.1', host, key, type, `Content-Length: ${8 * 1024 ** 3}`)
  await talk.until(/^HTTP\/1\.1 413 .*too-much/s)
  await isThere(t, server)
})

test('a body without an end is refused when it is too long, and no more of it is taken', async (t) => {
  const server = await openHttp(t)
  const talk = await Talk.open(t, server)
  talk.send(
    'POST /v1/session HTTP/1.1',
    host,
    'Content-Type: application/json',
    'Transfer-Encoding: chunked',
  )
  const chunk = `1000\r\n${'x'.repeat(0x1000)}\r\n`
  for (let sent = 0; sent < 8; sent++) talk.socket.write(chunk)
  await talk.until(/^HTTP\/1\.1 413 .*too-much/s)
  await isThere(t, server)
})

test('an address or a header that is too long is refused', async (t) => {
  const server = await openHttp(t)
  const long = 'x'.repeat(20_000)
  const address = await Talk.open(t, server)
  address.send(`GET /v1/messages?q=${long} HTTP/1.1`, host, key)
  await address.until(/^HTTP\/1\.1 431 /)
  const header = await Talk.open(t, server)
  header.send('GET /v1/messages HTTP/1.1', host, key, `X-Long: ${long}`)
  await header.until(/^HTTP\/1\.1 431 /)
  await isThere(t, server)
})

test('requests that were sent at once are answered in order, each with its own key', async (t) => {
  const server = await openHttp(t)
  const talk = await Talk.open(t, server)
  talk.socket.write(
    [
      `GET /v1/messages HTTP/1.1\r\n${host}\r\n${key}\r\n\r\n`,
      `GET /v1/messages HTTP/1.1\r\n${host}\r\n\r\n`,
      `GET /v1/messages HTTP/1.1\r\nHost: rebound.example\r\n${key}\r\n\r\n`,
      `GET /v1/messages HTTP/1.1\r\n${host}\r\n${key}\r\nConnection: close\r\n\r\n`,
    ].join(''),
  )
  await talk.closed
  const statuses = Array.from(talk.text.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status]) => status)
  assert.deepEqual(statuses, ['200', '401', '421', '200'])
})

test('what is no HTTP, or says its length twice, is refused', async (t) => {
  const server = await openHttp(t)
  for (const lines of [
    ['EHLO client.example'],
    ['POST /v1/replays HTTP/1.1', host, key, 'Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['POST /v1/replays HTTP/1.1', host, key, 'Content-Length: 5', 'Content-Length: 6'],
    ['GET /v1/messages HTTP/1.1', key],
  ]) {
    const talk = await Talk.open(t, server)
    talk.send(...lines)
    await talk.until(/^HTTP\/1\.1 4\d\d /)
  }
  await isThere(t, server)
})

test('more connections than there are places are closed, and places come free again', async (t) => {
  const server = await openHttp(t)
  const talks = await Promise.all(Array.from({ length: 500 }, () => Talk.open(t, server)))
  const [first] = talks
  const late = await Talk.open(t, server)
  await late.closed
  assert.equal(late.text, '')
  first?.send('GET /v1/health/live HTTP/1.1', host)
  await first?.until(/^HTTP\/1\.1 200 /)
  for (const talk of talks) talk.socket.destroy()
  await Promise.all(talks.map(({ closed }) => closed))
  for (;;) {
    const talk = await Talk.open(t, server)
    talk.send('GET /v1/health/live HTTP/1.1', host)
    await Promise.race([once(talk.socket, 'data'), talk.closed])
    if (talk.text.startsWith('HTTP/1.1 200 ')) return
  }
})

test('cursors and queries of nonsense are refused with a word', async (t) => {
  const server = await openHttp(t)
  for (const query of ['after=%00%ff', 'limit=-1', 'limit=1e9', 'q=nonsense:x', 'after=..%2F..']) {
    const talk = await Talk.open(t, server)
    talk.send(`GET /v1/messages?${query} HTTP/1.1`, host, key, 'Connection: close')
    await talk.until(/^HTTP\/1\.1 400 /)
  }
})
