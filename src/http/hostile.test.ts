/** Whoever asks over a socket as no browser would: each is refused early, and the others go on. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { Archives } from '../desk/archives.ts'
import { QueueDesk } from '../desk/queue.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { Store } from '../store/ports/store.ts'
import { HttpServer } from './http-server.ts'
import { houseAccess } from './test-support/house.ts'

interface Open {
  readonly store: Store
  readonly server: HttpServer
}

async function open(t: TestContext): Promise<Open> {
  const store = openMemoryStore()
  const changes: Store['changes'] = (query) => store.changes(query)
  const now = (): number => 2_000_000
  const queue = new QueueDesk({
    queue: store.queue,
    now,
    canTell: false,
    withdraw: () => Promise.resolve([]),
    giveUp: () => Promise.resolve([]),
  })
  const server = await HttpServer.open({
    address: '127.0.0.1',
    port: 0,
    page: 'there/is/none',
    mode: 'live',
    version: '1.2.3',
    archives: new Archives([
      { name: '', reads: store, changes, desk: { desk: { queue }, acts: store.acts, now } },
    ]),
    access: houseAccess,
    now,
    newId: () => 'request1',
    report: (fault) => assert.fail(String(fault)),
  })
  t.after(() => server.close())
  return { store, server }
}

/** A connection, and all that the server says on it until it ends or `until` has come. */
class Talk {
  readonly socket: Socket
  text = ''

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (piece) => (this.text += String(piece)))
    // It may be cut off while we still write: that is what is tested.
    socket.on('error', () => {})
  }

  static async open(t: TestContext, { port }: HttpServer): Promise<Talk> {
    const socket = connect(port, '127.0.0.1')
    t.after(() => socket.destroy())
    const talk = new Talk(socket)
    await once(socket, 'connect')
    return talk
  }

  send(...lines: readonly string[]): void {
    this.socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  }

  async until(what: RegExp): Promise<void> {
    while (!what.test(this.text)) {
      if (this.socket.destroyed) assert.fail(`it ended with ${this.text.slice(0, 300)}`)
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')])
    }
  }
}

const host = 'Host: localhost'
const key = 'Authorization: Bearer all'

async function isThere(t: TestContext, server: HttpServer): Promise<void> {
  const talk = await Talk.open(t, server)
  talk.send('GET /v1/health/live HTTP/1.1', host)
  await talk.until(/^HTTP\/1\.1 200 /)
}

test('a body of gigabytes that is announced is refused before it comes', async (t) => {
  const { server } = await open(t)
  const talk = await Talk.open(t, server)
  const type = 'Content-Type: application/json'
  talk.send('POST /v1/replays HTTP/1.1', host, key, type, `Content-Length: ${8 * 1024 ** 3}`)
  await talk.until(/^HTTP\/1\.1 413 .*too-much/s)
  await isThere(t, server)
})

test('a body without an end is refused when it is too long, and no more of it is taken', async (t) => {
  const { server } = await open(t)
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
  const { server } = await open(t)
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
  const { server } = await open(t)
  const talk = await Talk.open(t, server)
  talk.socket.write(
    [
      `GET /v1/messages HTTP/1.1\r\n${host}\r\n${key}\r\n\r\n`,
      `GET /v1/messages HTTP/1.1\r\n${host}\r\n\r\n`,
      `GET /v1/messages HTTP/1.1\r\nHost: rebound.example\r\n${key}\r\n\r\n`,
      `GET /v1/messages HTTP/1.1\r\n${host}\r\n${key}\r\nConnection: close\r\n\r\n`,
    ].join(''),
  )
  await once(talk.socket, 'close')
  const statuses = Array.from(talk.text.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status]) => status)
  assert.deepEqual(statuses, ['200', '401', '421', '200'])
})

test('what is no HTTP, or says its length twice, is refused', async (t) => {
  const { server } = await open(t)
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
  const { server } = await open(t)
  const talks = await Promise.all(Array.from({ length: 500 }, () => Talk.open(t, server)))
  const [first] = talks
  const late = await Talk.open(t, server)
  if (!late.socket.destroyed) await once(late.socket, 'close')
  assert.equal(late.text, '')
  first?.send('GET /v1/health/live HTTP/1.1', host)
  await first?.until(/^HTTP\/1\.1 200 /)
  for (const talk of talks) talk.socket.destroy()
  for (const { socket } of talks) if (!socket.closed) await once(socket, 'close')
  for (;;) {
    const talk = await Talk.open(t, server)
    talk.send('GET /v1/health/live HTTP/1.1', host)
    await Promise.race([once(talk.socket, 'data'), once(talk.socket, 'close')])
    if (talk.text.startsWith('HTTP/1.1 200 ')) return
  }
})

test('cursors and queries of nonsense are refused with a word', async (t) => {
  const { server } = await open(t)
  for (const query of ['after=%00%ff', 'limit=-1', 'limit=1e9', 'q=nonsense:x', 'after=..%2F..']) {
    const talk = await Talk.open(t, server)
    talk.send(`GET /v1/messages?${query} HTTP/1.1`, host, key, 'Connection: close')
    await talk.until(/^HTTP\/1\.1 400 /)
  }
})
