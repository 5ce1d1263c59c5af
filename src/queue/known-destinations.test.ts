import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { defaultConcurrency } from './concurrency.ts'
import { defaultBackOff } from './destination-health.ts'
import { KnownDestinations } from './known-destinations.ts'
import { Pauses } from './pauses.ts'
import { Sites } from './sites.ts'

function knownBy(clock: ManualClock): KnownDestinations {
  const ways = { sites: new Sites(defaultConcurrency), pauses: new Pauses(clock) }
  return new KnownDestinations(defaultBackOff, ways, clock, () => 0.5)
}

test('ten thousand destinations are remembered as down, and the oldest goes, never a probe', () => {
  const clock = new ManualClock()
  const known = knownBy(clock)
  known.learn('probed', { reachable: 'no', busy: 1 })
  clock.advance(defaultBackOff.firstDelayMs)
  known.probe('probed')
  for (let n = 0; n < 10_000; n++) known.learn(`d${n}`, { reachable: 'no', busy: 1 })
  assert.equal(known.down.size, 10_000)
  assert.deepEqual([known.down.has('probed'), known.down.has('d0')], [true, false])
  assert.ok(known.down.has('d1') && known.down.has('d9999'))
})

test('a probe goes on, also where a person asks to try all that is down', () => {
  const clock = new ManualClock()
  const known = knownBy(clock)
  known.learn('probed', { reachable: 'no', busy: 1 })
  clock.advance(defaultBackOff.firstDelayMs)
  known.probe('probed')
  known.learn('down', { reachable: 'no', busy: 1 })
  known.forget()
  known.forget('probed')
  assert.deepEqual(known.permission('down'), { type: 'all' })
  const because = 'no server could be reached'
  assert.deepEqual(known.permission('probed'), {
    type: 'none',
    by: 'back-off',
    until: undefined,
    because,
  })
})
