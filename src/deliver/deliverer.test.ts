import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Zone } from '../dns/zone.ts'
import { dialTcp, type Dialer } from '../io/dialer.ts'
import { systemClock } from '../io/clock.ts'
import type { QueueItem } from '../store/store.ts'
import { deliverBatch, type DeliveryReport } from './deliverer.ts'
import { testItem, testWorld } from './test-support/world.ts'

/** What a server says to a command; `hangUp` breaks the connection instead. */
type Says = (command: string) => string

const kind: Says = (command) => (command === 'DATA' ? '354 go on' : '250 ok')

/** A server on loopback that says what it is told to say. */
async function serve(t: TestContext, greeting: string, says: Says = kind): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let content = false
    let text = ''
    socket.on('error', () => {})
    socket.write(`${greeting}\r\n`)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const line = text.slice(0, end)
        text = text.slice(end + 2)
        if (content && line !== '.') continue
        const command = content ? '.' : line
        const reply = says(command)
        content = command === 'DATA' && reply.startsWith('354')
        if (reply === 'hangUp') socket.destroy()
        else socket.write(`${reply}\r\n`)
      }
    })
  })
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const bound = server.address()
  assert.ok(bound !== null && typeof bound !== 'string')
  return bound.port
}

const zone: Zone = {
  'south.example': { MX: ['10 first.south.example', '20 second.south.example'] },
  'first.south.example': { A: ['203.0.113.20'] },
  'second.south.example': { A: ['203.0.113.21'] },
}

/** Delivers to servers at these ports; an absent one refuses connections. */
function deliver(
  ports: Readonly<Record<string, number>>,
  items: readonly QueueItem[] = [testItem()],
): Promise<DeliveryReport> {
  const dialer: Dialer = {
    dial({ ip, timeoutMs }) {
      const port = ports[ip]
      if (port !== undefined) return dialTcp('127.0.0.1', port, timeoutMs)
      return Promise.resolve({ type: 'failed', reason: 'refused', text: 'connection refused' })
    },
    realPlace: () => undefined,
  }
  const world = { ...testWorld(), resolver: new MemoryResolver(zone), dialer, clock: systemClock }
  return deliverBatch(world, { destination: 'south.example', items, owner: 'me' })
}

const [first, second] = ['203.0.113.20', '203.0.113.21'] as const

function outcomes({ settlements }: DeliveryReport): readonly string[] {
  return settlements.map(({ outcome }) => outcome.type)
}

test('a letter is delivered to the first exchange, and its destination answers', async (t) => {
  const port = await serve(t, '220 first')
  const report = await deliver({ [first]: port })
  assert.deepEqual(outcomes(report), ['delivered'])
  assert.equal(report.reachable, 'yes')
})

test('when the first exchange is down, the second one takes it', async (t) => {
  const report = await deliver({ [second]: await serve(t, '220 second') })
  assert.deepEqual(outcomes(report), ['delivered'])
  assert.equal(report.reachable, 'yes')
})

test('a destination none of whose servers is there is not reachable, with the last reason', async () => {
  const report = await deliver({})
  assert.deepEqual(outcomes(report), ['deferred'])
  assert.equal(report.reachable, 'no')
  assert.match(report.problem ?? '', /^second\.south\.example .* connection refused/)
})

test('a server that greets with 4xx or 5xx has answered', async (t) => {
  for (const [greeting, outcome] of [
    ['421 busy', 'deferred'],
    ['554 go away', 'failed'],
  ] as const) {
    const port = await serve(t, greeting)
    const report = await deliver({ [first]: port, [second]: port })
    assert.deepEqual(outcomes(report), [outcome])
    assert.equal(report.reachable, 'yes')
  }
})

test('a server that answered counts, though the next one is silent', async (t) => {
  const breaks: Says = (command) => (command.startsWith('MAIL') ? 'hangUp' : '250 ok')
  for (const port of [await serve(t, '220 first', breaks), await serve(t, '421 busy')]) {
    const report = await deliver({ [first]: port })
    assert.deepEqual(outcomes(report), ['deferred'])
    assert.equal(report.reachable, 'yes')
  }
})

test('a server that answered counts for all, though only some letters were taken', async (t) => {
  let letters = 0
  const onlyOne: Says = (command) => {
    if (command.startsWith('MAIL') && ++letters > 1) return 'hangUp'
    return kind(command)
  }
  const items = [testItem(), testItem({ id: 'q2', messageId: 'm2', journeyId: 'j2' })]
  const report = await deliver({ [first]: await serve(t, '220 first', onlyOne) }, items)
  assert.deepEqual(outcomes(report), ['delivered', 'deferred'])
  assert.equal(report.reachable, 'yes')
})

test('without a way there nothing is known of the destination', async () => {
  const world = { ...testWorld(), resolver: new MemoryResolver({ 'x.example': { MX: ['0 .'] } }) }
  const items = [testItem({ destination: 'x.example' })]
  const report = await deliverBatch(world, { destination: 'x.example', items, owner: 'me' })
  assert.deepEqual(outcomes(report), ['failed'])
  assert.equal(report.reachable, 'unknown')
})
