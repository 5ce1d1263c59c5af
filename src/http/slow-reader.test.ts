/** Who asks for something and does not take it, or does not say all of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Change, Changes } from '../store/ports/changes.ts'
import type { Store } from '../store/ports/store.ts'
import { readCursor } from './cursor.ts'
import { host, key, openHttp, Talk } from './test-support/talk.ts'

/** Fills what the system keeps between two sockets sooner than a real one. */
const long = 'X'.repeat(1_000)

/** A feed that has always one more; tells behind which change it was begun, and when it is left. */
function endless(): {
  readonly changes: Store['changes']
  readonly begun: number[]
  readonly left: Promise<void>
} {
  const begun: number[] = []
  const left = Promise.withResolvers<void>()
  const changes: Store['changes'] = ({ after = 0 } = {}) => {
    begun.push(after)
    let number = after
    const feed: Changes = {
      async next() {
        // Others have their turn, as behind a store.
        await new Promise((resolve) => setImmediate(resolve))
        const change: Change = { type: 'journey', id: `${long}${++number}`, number }
        return { done: false, value: change }
      },
      async return() {
        left.resolve()
        return { done: true, value: undefined }
      },
      [Symbol.asyncIterator]: () => feed,
    }
    return feed
  }
  return { changes, begun, left: left.promise }
}

const stream = 'GET /v1/events/stream HTTP/1.1'

/** The numbers of the changes that were told. */
function numbersIn(text: string): readonly number[] {
  return Array.from(text.matchAll(/"id":"X+(\d+)"/g), ([, number]) => Number(number))
}

/** The numbers of the changes behind which somebody goes on, and the last cursor. */
function cursorsIn(text: string): { readonly numbers: readonly number[]; readonly last: string } {
  const cursors = Array.from(text.matchAll(/^id: (\S+)$/gm), ([, cursor = '']) => cursor)
  const numbers = cursors.map((cursor) => Number.parseInt(readCursor(cursor).get('') ?? '', 10))
  return { numbers, last: cursors.at(-1) ?? '' }
}

test('a reader that does not read is cut off, and goes on later without a gap', async (t) => {
  const { changes, begun, left } = endless()
  const server = await openHttp(t, { changes, silenceMs: 500 })
  const first = await Talk.open(t, server)
  first.send(stream, host, key)
  await first.until(/^id: \S+$/m)
  first.socket.pause()
  // Were all that happens kept for it, this would never end.
  await left
  first.socket.resume()
  await first.closed
  const heard = numbersIn(first.text)
  assert.deepEqual(
    heard,
    heard.map((_, index) => index + 1),
  )
  const { numbers, last } = cursorsIn(first.text)
  const second = await Talk.open(t, server)
  second.send(stream, host, key, `Last-Event-ID: ${last}`)
  await second.until(/^id: \S+$/m)
  assert.equal(begun.at(-1), numbers.at(-1))
  // What was on its way when it was cut off is told again.
  assert.equal(numbersIn(second.text)[0], (numbers.at(-1) ?? 0) + 1)
  assert.ok((numbers.at(-1) ?? 0) <= (heard.at(-1) ?? 0))
})

test('who does not say all of a request is cut off, and counts no longer', async (t) => {
  const server = await openHttp(t, { silenceMs: 100 })
  const header = await Talk.open(t, server)
  header.socket.write(`GET /v1/messages HTTP/1.1\r\n${host}\r\n`)
  const body = await Talk.open(t, server)
  const json = 'Content-Type: application/json'
  body.send('POST /v1/replays HTTP/1.1', host, key, json, 'Content-Length: 100')
  body.socket.write('{')
  const silent = await Talk.open(t, server)
  await Promise.all([header.closed, body.closed, silent.closed])
  const last = await Talk.open(t, server)
  last.send('GET /v1/health/live HTTP/1.1', host)
  await last.until(/^HTTP\/1\.1 200 /)
  assert.equal(server.connections, 1)
})
