import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { Pauses } from './pauses.ts'

const minute = 60_000

test('a site is left alone for the time that its answer asks for', () => {
  const clock = new ManualClock(1e12)
  const pauses = new Pauses(clock)
  pauses.learn('a', { of: 'destination', forMs: minute, because: 'too many' })
  pauses.learn('a', { of: 'destination', forMs: minute / 2, because: 'shorter' })
  assert.deepEqual(pauses.of('a'), { until: minute, because: 'too many' })
  assert.equal(pauses.of('b'), undefined)
  clock.advance(minute)
  assert.equal(pauses.of('a'), undefined)
})

test('one site cannot stop the whole server, three that are independent can, as long as there are three', () => {
  const clock = new ManualClock(1e12)
  const pauses = new Pauses(clock)
  const refuse = (site: string, minutes: number): void => {
    const refuser = { organization: site, network: site }
    pauses.learn(site, { of: 'source', forMs: minutes * minute, because: 'listed', refuser })
  }
  refuse('a', 10)
  refuse('a', 11)
  refuse('b', 20)
  assert.deepEqual([pauses.of('a')?.because, pauses.of('other')], ['listed', undefined])
  refuse('c', 30)
  assert.equal(pauses.of('other')?.until, 11 * minute)
  assert.match(
    pauses.of('other')?.because ?? '',
    /^Servers of 3 organizations .* refuse the address/,
  )
  clock.advance(11 * minute)
  assert.equal(pauses.of('other'), undefined)
  assert.equal(pauses.of('c')?.until, 30 * minute)
})

test('a person can have one or all tried', () => {
  const pauses = new Pauses(new ManualClock(1e12))
  for (const site of ['a', 'b', 'c']) {
    pauses.learn(site, { of: 'source', forMs: minute, because: 'listed' })
  }
  pauses.forget('a')
  assert.deepEqual([pauses.of('a'), pauses.of('b')?.because], [undefined, 'listed'])
  pauses.forget()
  assert.equal(pauses.of('b'), undefined)
})
