import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { allowance, nextAt, type Rate, spend, unused } from './rate.ts'

const minute = 60_000

test('a tenth may go at once, the others one by one', () => {
  const rate: Rate = { count: 60, perMs: minute }
  let use = unused
  assert.equal(allowance(rate, use, 0), 6)
  use = spend(rate, use, { now: 0, count: 6 })
  assert.equal(allowance(rate, use, 0), 0)
  const next = nextAt(rate, use, 0)
  assert.equal(Math.round(next), 1091)
  assert.equal(allowance(rate, use, next), 1)
  assert.equal(allowance(rate, use, 10 * minute), 6)
})

test('one letter an hour is one letter an hour', () => {
  const rate: Rate = { count: 1, perMs: 60 * minute }
  assert.equal(allowance(rate, unused, 0), 1)
  const use = spend(rate, unused, { now: 0, count: 1 })
  assert.deepEqual([allowance(rate, use, 60 * minute - 1), nextAt(rate, use, 5)], [0, 60 * minute])
  assert.equal(allowance(rate, use, 60 * minute), 1)
})

test('a letter for more than may go at once makes the next ones wait for it', () => {
  const rate: Rate = { count: 60, perMs: minute }
  const use = spend(rate, unused, { now: 0, count: 60 })
  assert.equal(allowance(rate, use, 30_000), 0)
  assert.ok(nextAt(rate, use, 0) > 55_000)
})

test('in no stretch of its length go more than it says (property)', () => {
  const rates = fc.record({
    count: fc.integer({ min: 1, max: 200 }),
    perMs: fc.constantFrom(1000, minute, 60 * minute),
  })
  const steps = fc.array(
    fc.record({ pause: fc.double({ min: 0, max: 0.5, noNaN: true }), want: fc.nat(100) }),
    { maxLength: 100 },
  )
  fc.assert(
    fc.property(rates, steps, (rate, asked) => {
      let [now, use] = [0, unused]
      const sent: { at: number; count: number }[] = []
      for (const { pause, want } of asked) {
        now += Math.round(pause * rate.perMs)
        const count = Math.min(want, allowance(rate, use, now))
        assert.ok(count > 0 === (want > 0 && nextAt(rate, use, now) <= now + 1e-6))
        use = spend(rate, use, { now, count })
        sent.push({ at: now, count })
        const recent = sent.filter(({ at }) => at > now - rate.perMs)
        assert.ok(recent.reduce((sum, one) => sum + one.count, 0) <= rate.count)
      }
    }),
  )
})

test('who always wants to send gets the whole rate', () => {
  const rate: Rate = { count: 100, perMs: minute }
  let [now, use, total] = [0, unused, 0]
  while (now < 60 * minute) {
    const count = allowance(rate, use, now)
    use = spend(rate, use, { now, count })
    total += count
    now = Math.ceil(nextAt(rate, use, now))
  }
  assert.ok(total > 60 * 90 && total <= 6000, String(total))
})
