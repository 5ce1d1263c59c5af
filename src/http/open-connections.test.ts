import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { within } from './client-place.ts'
import { mostOfOne, OpenConnections } from './open-connections.ts'

class TestSocket extends EventEmitter {
  readonly remoteAddress: string
  destroyed = false

  constructor(remoteAddress: string) {
    super()
    this.remoteAddress = remoteAddress
  }

  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}

test('one network has so many connections, and all others have the rest', () => {
  const server = createServer()
  const connections = new OpenConnections(server, within(['127.0.0.0/8', '192.0.2.9']))
  const connect = (address: string): TestSocket => {
    const socket = new TestSocket(address)
    server.emit('connection', socket)
    return socket
  }
  const first = Array.from({ length: mostOfOne }, (_, n) => connect(`198.51.100.${n}`))
  assert.ok(first.every(({ destroyed }) => !destroyed))
  assert.equal(connect('198.51.100.250').destroyed, true)
  assert.equal(connect('::ffff:198.51.100.251').destroyed, true)
  assert.equal(connect('203.0.113.1').destroyed, false)
  assert.equal(connections.count, mostOfOne + 1)
  first[0]?.destroy()
  assert.equal(connect('198.51.100.250').destroyed, false)
  // A proxy and this computer stand for many.
  for (let n = 0; n <= mostOfOne; n++) {
    assert.equal(connect('192.0.2.9').destroyed, false)
    assert.equal(connect('127.0.0.1').destroyed, false)
  }
})
