import { test } from 'node:test'
import assert from 'node:assert/strict'
import {
  backOffWithin,
  defaultBackOff,
  type DestinationHealth,
  healthy,
  permission,
  probing,
  unreachable,
} from './destination-health.ts'

const minute = 60_000

function fail(health: DestinationHealth, now: number): DestinationHealth {
  const input = { policy: defaultBackOff, now, because: 'refused', random: () => 0.5 }
  return unreachable(health, input)
}

test('a destination that is up takes all', () => {
  assert.deepEqual(permission(healthy, 0), { type: 'all' })
})

test('one that is down takes nothing until its time, then one batch, and nothing beside it', () => {
  const down = fail(healthy, 0)
  assert.deepEqual(down, { state: 'down', failures: 1, until: minute, because: 'refused' })
  assert.deepEqual(permission(down, minute - 1), {
    type: 'none',
    by: 'back-off',
    until: minute,
    because: 'refused',
  })
  assert.deepEqual(permission(down, minute), { type: 'one' })
  const probe = probing(down)
  assert.deepEqual(permission(probe, minute), {
    type: 'none',
    by: 'back-off',
    until: undefined,
    because: 'refused',
  })
})

test('each failed probe doubles the wait, up to half an hour', () => {
  let health = healthy
  let now = 0
  const waits: number[] = []
  for (let i = 0; i < 9; i++) {
    health = fail(health, now)
    assert.ok(health.state === 'down')
    waits.push((health.until - now) / minute)
    now = health.until
    health = probing(health)
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 30, 30, 30, 30])
})

test('where messages are tried again sooner, a destination is closed for no longer', () => {
  const usual = { firstDelayMs: 5 * minute, maxDelayMs: 240 * minute }
  assert.deepEqual(backOffWithin(usual), defaultBackOff)
  const soon = backOffWithin({ firstDelayMs: 10_000, maxDelayMs: 25_000 })
  assert.deepEqual(soon, { ...defaultBackOff, firstDelayMs: 10_000, maxDelayMs: 25_000 })
})

test('batches that were under way when the first failed count once', () => {
  const down = fail(healthy, 0)
  assert.equal(fail(down, 10), down)
})

test('a probe without a fall is a bug', () => {
  assert.throws(() => probing(healthy))
})
