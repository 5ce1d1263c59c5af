import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { SilentZones } from './resolver-health.ts'

function missing(zones: SilentZones, zone: string, times: number): void {
  for (let n = 0; n < times; n++) zones.missed(zone)
}

test('a zone is silent after three misses in a row, for five seconds from the last', () => {
  const clock = new ManualClock()
  const zones = new SilentZones(clock)
  missing(zones, 'a.example', 2)
  assert.equal(zones.isSilent('a.example'), false)
  missing(zones, 'a.example', 1)
  assert.equal(zones.isSilent('a.example'), true)
  assert.equal(zones.isSilent('b.example'), false)
  clock.advance(4999)
  assert.equal(zones.isSilent('a.example'), true)
  clock.advance(1)
  assert.equal(zones.isSilent('a.example'), false)
})

test('misses that are five seconds apart are not in a row', () => {
  const clock = new ManualClock()
  const zones = new SilentZones(clock)
  missing(zones, 'a.example', 2)
  clock.advance(5000)
  missing(zones, 'a.example', 2)
  assert.equal(zones.isSilent('a.example'), false)
  clock.advance(4999)
  missing(zones, 'a.example', 1)
  assert.equal(zones.isSilent('a.example'), true)
})

test('one answer and a zone is like all others', () => {
  const zones = new SilentZones(new ManualClock())
  missing(zones, 'a.example', 9)
  zones.answered('a.example')
  assert.equal(zones.isSilent('a.example'), false)
  missing(zones, 'a.example', 2)
  assert.equal(zones.isSilent('a.example'), false)
})

test('ten thousand zones are remembered, and the one that was missed longest ago goes first', () => {
  const zones = new SilentZones(new ManualClock())
  missing(zones, 'first.example', 3)
  missing(zones, 'second.example', 3)
  for (let n = 0; n < 9998; n++) zones.missed(`n${n}.example`)
  zones.missed('first.example')
  assert.ok(zones.isSilent('first.example') && zones.isSilent('second.example'))
  zones.missed('one-more.example')
  assert.ok(zones.isSilent('first.example'))
  assert.ok(!zones.isSilent('second.example'))
})
