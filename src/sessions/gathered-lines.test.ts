import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import type { LogLine } from '../base/log.ts'
import { GatheredLines } from './gathered-lines.ts'

const line = (n: number): LogLine => ({ level: 'info', event: 'accepted', fields: { n } })
const warning: LogLine = { level: 'warning', event: 'limit', fields: {} }

function gathered(): {
  readonly clock: ManualClock
  readonly lines: GatheredLines
  readonly told: (readonly LogLine[])[]
} {
  const clock = new ManualClock()
  const told: (readonly LogLine[])[] = []
  return { clock, told, lines: new GatheredLines(clock, (some) => told.push(some)) }
}

test('lines that come close together go in one message, in their order, each once', () => {
  const { clock, lines, told } = gathered()
  lines.take(line(1))
  lines.take(line(2))
  assert.deepEqual(told, [])
  clock.advance(10)
  assert.deepEqual(told, [[line(1), line(2)]])
  lines.take(line(3))
  clock.advance(9)
  assert.equal(told.length, 1)
  clock.advance(1)
  assert.deepEqual(told.slice(1), [[line(3)]])
  clock.advance(1000)
  assert.equal(told.length, 2)
})

test('a warning goes at once, behind what waits', () => {
  const { clock, lines, told } = gathered()
  lines.take(line(1))
  lines.take(warning)
  assert.deepEqual(told, [[line(1), warning]])
  lines.take(line(2))
  clock.advance(1000)
  assert.deepEqual(told.slice(1), [[line(2)]])
})

test('what waits is told at the end; nothing waits then', () => {
  const { clock, lines, told } = gathered()
  lines.flush()
  lines.take(line(1))
  lines.flush()
  lines.flush()
  clock.advance(1000)
  assert.deepEqual(told, [[line(1)]])
})
