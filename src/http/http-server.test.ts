import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { Archives } from '../desk/archives.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { Store } from '../store/ports/store.ts'
import { labAccess } from './access.ts'
import type { Api } from './api-types.ts'
import { HttpServer } from './http-server.ts'

async function open({
  more = () => {},
  followed = () => {},
  report = (fault) => assert.fail(String(fault)),
  headerMs = 1_000_000_000,
}: {
  more?: (api: Api) => void
  followed?: () => void
  headerMs?: number
  report?: (fault: unknown) => void
} = {}): Promise<HttpServer> {
  const store = openMemoryStore()
  const changes: Store['changes'] = (query) => {
    followed()
    return store.changes(query)
  }
  return await HttpServer.open({
    address: '127.0.0.1',
    port: 0,
    page: 'there/is/none',
    // Nothing is cut off after a time: whatever ends ends without that.
    graceMs: 1_000_000_000,
    headerMs,
    mode: 'lab',
    version: '1.2.3',
    archives: new Archives([{ name: '', reads: store, changes }]),
    access: labAccess,
    now: () => 1_000_000,
    newId: () => 'request1',
    more,
    report,
  })
}

interface Talk {
  readonly socket: Socket
  readonly ended: Promise<unknown>
  text(): string
}

/** A connection, on which something was asked or nothing yet. */
async function talk({ port }: HttpServer, path?: string): Promise<Talk> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  let text = ''
  socket.on('data', (piece) => (text += String(piece)))
  // It may be ended with something unread.
  socket.on('error', () => {})
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await once(socket, 'connect')
  if (path !== undefined) {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  }
  return { socket, ended, text: () => text }
}

test('a server that ends does not wait for connections on which nothing is asked', async () => {
  const server = await open()
  const silent = await talk(server)
  const kept = await talk(server, '/v1/health/live')
  await once(kept.socket, 'data')
  const half = await talk(server)
  half.socket.write('GET /v1/health/live HTTP/1.1\r\nHost:')
  await server.close()
  await Promise.all([silent.ended, kept.ended, half.ended])
  assert.match(kept.text(), /^HTTP\/1\.1 200 /)
})

test('a server that ends ends the streams of events, and says so to who waits for mail', async () => {
  const begun = Promise.withResolvers<void>()
  let followers = 0
  const server = await open({
    followed() {
      if (++followers === 2) begun.resolve()
    },
  })
  const stream = await talk(server, '/v1/events/stream')
  while (!stream.text().includes(': Waybill')) await once(stream.socket, 'data')
  const waiting = await talk(server, '/v1/messages/wait?timeout=100')
  await begun.promise
  await server.close()
  await Promise.all([stream.ended, waiting.ended])
  assert.ok(stream.text().endsWith('0\r\n\r\n'), 'the end of a stream that is whole')
  assert.match(waiting.text(), /^HTTP\/1\.1 503 [^]*problems\/stopping/)
})

test('a server that ends still answers what it was asked', async () => {
  const asked = Promise.withResolvers<void>()
  const may = Promise.withResolvers<void>()
  const server = await open({
    more(api) {
      api.get('/v1/slow', async (c) => {
        asked.resolve()
        await may.promise
        return c.text('here it is')
      })
    },
  })
  const slow = await talk(server, '/v1/slow')
  await asked.promise
  const end = server.close()
  may.resolve()
  await end
  await slow.ended
  assert.match(slow.text(), /here it is$/)
})

test('who hangs up in the middle of a request is no fault of ours', async () => {
  const asked = Promise.withResolvers<void>()
  const over = Promise.withResolvers<void>()
  const faults: unknown[] = []
  const server = await open({
    report: (fault) => faults.push(fault),
    more(api) {
      api.post('/v1/slow', async (c) => {
        asked.resolve()
        try {
          return c.json(await c.req.text())
        } finally {
          over.resolve()
        }
      })
    },
  })
  const half = await talk(server)
  half.socket.write('POST /v1/slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf')
  await asked.promise
  half.socket.destroy()
  await over.promise
  await server.close()
  assert.deepEqual(faults, [])
})

// Left alone, Node looks after half a minute who is late.
test('who does not say all of a header is cut off soon', { timeout: 20_000 }, async () => {
  const server = await open({ headerMs: 50 })
  const half = await talk(server)
  half.socket.write('GET /v1/health/live HTTP/1.1\r\nHost:')
  await half.ended
  assert.match(half.text(), /^HTTP\/1\.1 408 /)
  await server.close()
})
