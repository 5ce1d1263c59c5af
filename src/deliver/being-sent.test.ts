import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { Ending } from '../base/ending.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { systemClock } from '../io/clock.ts'
import { dialTcp, type Dialer } from '../io/dialer.ts'
import type { Batch } from '../post/batch.ts'
import { BeingSent } from './being-sent.ts'
import { delivererIn, testItem, testWorld } from './test-support/world.ts'

const zone = {
  'south.example': { MX: ['10 mx.south.example'] },
  'mx.south.example': { A: ['203.0.113.20'] },
}

test('of each letter of a batch it is known how far it has come, at each command', async (t) => {
  const seen: string[] = []
  // What the other server hears is what we wait for an answer to.
  const look = (heard: string): void => {
    const stages = ['q1', 'q2'].map((id) => deliverer.sending(id)?.stage ?? 'nothing')
    seen.push(`${heard}: ${stages.join(' ')}`)
  }
  const server = createServer((socket) => {
    socket.on('error', () => {})
    look('connected')
    socket.write('220 mx.south.example\r\n')
    let content = false
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1')
      if (content && !text.endsWith('\r\n.\r\n')) return
      look(content ? 'dot' : (/^\w+/.exec(text)?.[0] ?? ''))
      content = text.startsWith('DATA')
      socket.write(content ? '354 go on\r\n' : '250 ok\r\n')
      if (text.startsWith('QUIT')) socket.end()
    })
  })
  t.after(() => server.close())
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const bound = server.address()
  assert.ok(bound !== null && typeof bound === 'object')
  const dialer: Dialer = {
    dial: ({ timeoutMs }) => {
      look('dialled')
      return dialTcp('127.0.0.1', bound.port, timeoutMs)
    },
    realPlace: () => undefined,
  }
  const resolver = new MemoryResolver(zone)
  const deliverer = delivererIn({ ...testWorld(), resolver, dialer, clock: systemClock })
  const items = [testItem(), testItem({ id: 'q2', messageId: 'm2' })]
  const delivering = deliverer.deliver(batchOf(items))
  look('begun')
  assert.equal(deliverer.sending('q1')?.host, '')
  await delivering
  look('over')
  assert.deepEqual(seen.slice(0, 7), [
    'begun: route route',
    'dialled: connecting connecting',
    'connected: connecting connecting',
    'EHLO: EHLO EHLO',
    'MAIL: MAIL in-line',
    'RCPT: RCPT in-line',
    'DATA: DATA in-line',
  ])
  assert.deepEqual(seen.slice(7, 9), ['dot: final-reply in-line', 'MAIL: nothing MAIL'])
  assert.equal(
    seen.findLast((line) => line.startsWith('over')),
    'over: nothing nothing',
  )
})

test('it is known to which server, and since when', async () => {
  const clock = new ManualClock(1000)
  const sent = new BeingSent(clock)
  const { sending, over } = sent.follow(batchOf([testItem()]))
  clock.advance(5)
  sending.connecting({ host: 'mx.south.example', address: '203.0.113.20' })
  const place = { host: 'mx.south.example', ip: '203.0.113.20' }
  assert.deepEqual(sent.of('q1'), { stage: 'connecting', since: 1005, ...place })
  clock.advance(5)
  sending.securing({ host: 'mx.south.example', address: '203.0.113.20' })
  assert.deepEqual(sent.of('q1'), { stage: 'TLS', since: 1005, ...place })
  sending.letter([{ id: 'other' }])
  assert.deepEqual(sent.of('q1'), { stage: 'in-line', since: 1010, ...place })
  assert.equal(sent.of('q2'), undefined)
  over()
  assert.equal(sent.of('q1'), undefined)
})

test('what joins a batch is followed, and what is settled no longer', async () => {
  const sent = new BeingSent(new ManualClock(0))
  const given = { ...batchOf([testItem()]), more: async () => [testItem({ id: 'q2' })] }
  const { batch, over } = sent.follow(given)
  await batch.more()
  assert.equal(sent.of('q2')?.stage, 'route')
  const settlement = { queueId: 'q1', owner: 'me', outcome: { type: 'failed' } } as const
  const words = { steps: '[]', shared: [], status: 'failed', summary: '' }
  await batch.settle({ settlements: [{ ...settlement, ...words }] })
  assert.equal(sent.of('q1'), undefined)
  // The next batch has it before the end of this one.
  const next = sent.follow(batchOf([testItem({ id: 'q2' })]))
  over()
  assert.equal(sent.of('q2')?.stage, 'route')
  next.over()
  assert.equal(sent.of('q2'), undefined)
})

function batchOf(items: Batch['items']): Batch {
  return {
    destination: 'south.example',
    items,
    owner: 'me',
    ending: new Ending(),
    arrive: () => true,
    begin: () => true,
    settle: () => Promise.resolve(),
    more: () => Promise.resolve([]),
  }
}
