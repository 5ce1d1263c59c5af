import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ManualClock } from '../base/clock.ts'
import { KeptConnections } from './kept-connections.ts'
import { queueItem } from './test-support/queue-item.ts'

function kept(keepMs = 1000): {
  readonly clock: ManualClock
  readonly connections: KeptConnections
  readonly ended: string[]
  readonly wait: (destination: string, site?: string) => void
} {
  const clock = new ManualClock(1_000_000)
  const connections = new KeptConnections(clock, keepMs)
  const ended: string[] = []
  const wait = (destination: string, site = destination): void => {
    void connections
      .wait(destination, site)
      .then((items) => ended.push(`${destination} ${items.length}`))
  }
  return { clock, connections, ended, wait }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const two = [queueItem('1'), queueItem('2')]

test('a connection waits its time and no longer', async () => {
  const { clock, connections, ended, wait } = kept()
  wait('a.example')
  clock.advance(999)
  await turn()
  assert.ok(connections.has('a.example'))
  assert.deepEqual(ended, [])
  clock.advance(1)
  await turn()
  assert.deepEqual(ended, ['a.example 0'])
  assert.ok(!connections.has('a.example'))
})

test('items go to the one of their destination that has waited longest', async () => {
  const { clock, connections, ended, wait } = kept()
  for (const destination of ['b.example', 'a.example', 'a.example']) wait(destination)
  connections.give('a.example', two)
  await turn()
  assert.deepEqual(ended, ['a.example 2'])
  assert.ok(connections.has('a.example'))
  connections.give('a.example', two)
  await turn()
  assert.ok(!connections.has('a.example'))
  assert.throws(() => connections.give('a.example', two), /nobody waits/)
  // Who has items is not told again when the time is over.
  clock.advance(1000)
  await turn()
  assert.deepEqual(ended, ['a.example 2', 'a.example 2', 'b.example 0'])
})

test('who has waited longest makes room first', async () => {
  const { connections, ended, wait } = kept()
  for (const destination of ['a.example', 'b.example', 'c.example']) wait(destination)
  connections.releaseOne()
  await turn()
  assert.deepEqual(ended, ['a.example 0'])
  connections.releaseAll()
  await turn()
  assert.deepEqual(ended, ['a.example 0', 'b.example 0', 'c.example 0'])
  connections.releaseOne()
  connections.releaseAll()
})

test('who needs a place at a site ends the one that has waited longest there', async () => {
  const { connections, ended, wait } = kept()
  wait('c.example')
  for (const destination of ['a.example', 'b.example']) wait(destination, 'mx.provider.example')
  connections.releaseOneOf('mx.provider.example')
  connections.releaseOneOf('mx.other.example')
  await turn()
  assert.deepEqual(ended, ['a.example 0'])
  connections.give('b.example', two)
  connections.releaseOneOf('mx.provider.example')
  await turn()
  assert.deepEqual(ended, ['a.example 0', 'b.example 2'])
  assert.ok(connections.has('c.example'))
})

test('without a time nothing is kept', async () => {
  const { connections, ended, wait } = kept(0)
  wait('a.example')
  assert.ok(!connections.has('a.example'))
  await turn()
  assert.deepEqual(ended, ['a.example 0'])
})
