import assert from 'node:assert/strict'
import { test } from 'node:test'
import { queueStanding, standingOf } from './standing.ts'

test('of the destinations that are asked for it says what keeps their mail', () => {
  const down = { state: 'down', because: 'refused.', failures: 2, until: 5000 } as const
  const sources = {
    down: () => new Map([['a.example', down] as const, ['other.example', down] as const]),
    heldBack: () => new Map([['b.example', { by: 'pause', because: 'Listed.' } as const]]),
    clock: { now: () => 1_000_000, monotonicMs: () => 1000 },
  }
  assert.deepEqual(standingOf(['a.example', 'b.example', 'c.example'], sources), [
    { destination: 'a.example', down: { because: 'refused.', until: 1_004_000 } },
    { destination: 'b.example', heldBack: { by: 'pause', because: 'Listed.' } },
  ])
})

test('what is asked has a list of names', () => {
  assert.deepEqual(queueStanding.read({ destinations: ['a.example'] }), ['a.example'])
  assert.throws(() => queueStanding.read({}), /list of names/)
})
