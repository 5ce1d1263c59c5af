import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sessionThreads, whyNoHandOver } from './hand-over.ts'

test('without a wish there is a thread for each core, 8 at most; one thread is none', () => {
  const table = [
    [0, 1, 0],
    [0, 2, 2],
    [0, 8, 8],
    [0, 64, 8],
    [1, 64, 0],
    [2, 1, 2],
    [16, 4, 16],
  ] as const
  for (const [wanted, cores, threads] of table) {
    assert.equal(sessionThreads(wanted, cores), threads, `${wanted} of ${cores}`)
  }
})

test('a socket can be handed to a thread here', async () => {
  assert.equal(await whyNoHandOver(), undefined)
})
