import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { Archives } from '../../desk/archives.ts'
import { HoldRules } from '../../desk/hold-rules.ts'
import { PersonPauses } from '../../desk/pauses.ts'
import { QueueDesk } from '../../desk/queue.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import type { Store } from '../../store/ports/store.ts'
import { HttpServer } from '../http-server.ts'
import { houseAccess } from './house.ts'

/** A server over an empty store, on a port of its own. */
export async function openHttp(
  t: TestContext,
  parts: { readonly changes?: Store['changes']; readonly silenceMs?: number } = {},
): Promise<HttpServer> {
  const store = openMemoryStore()
  const { changes = (query) => store.changes(query), ...options } = parts
  const now = (): number => 2_000_000
  const queue = new QueueDesk({
    queue: store.queue,
    rules: new HoldRules({ register: store.register, queue: store.queue, now }),
    pauses: new PersonPauses({ register: store.register, now }),
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
    ...options,
  })
  t.after(() => server.close())
  return server
}

/** Lines of a request that is let in. */
export const host = 'Host: localhost'
export const key = 'Authorization: Bearer all'

/** A connection, and all that the server says on it. */
export class Talk {
  readonly socket: Socket
  readonly closed: Promise<void>
  text = ''

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (piece) => (this.text += String(piece)))
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
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
