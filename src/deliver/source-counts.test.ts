import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from '../base/clock.ts'
import type { RegisterEntry } from '../store/ports/register.ts'
import { SourceCounts } from './source-counts.ts'

const morning = Date.parse('2026-12-01T08:00:00Z')
const dayMs = 86_400_000

/** A register that can be slow, or broken; what it has is what a crash leaves. */
class Register {
  readonly kept = new Map<string, RegisterEntry>()
  readonly waiting: (() => void)[] = []
  slow = false
  broken = false
  writes = 0

  readonly put = async (entries: readonly RegisterEntry[]): Promise<void> => {
    if (this.slow) await new Promise<void>((resolve) => this.waiting.push(resolve))
    if (this.broken) throw new Error('The disk is full.')
    this.writes++
    for (const entry of entries) this.kept.set(entry.key, entry)
  }

  readonly find = (_kind: string, key: string): Promise<RegisterEntry | undefined> => {
    return Promise.resolve(this.kept.get(key))
  }

  /** Letters of today that the register knows of. */
  claimed(key: string): unknown {
    const entry = this.kept.get(key)
    return entry === undefined ? undefined : JSON.parse(entry.json)
  }
}

function opened(register = new Register(), clock = new ManualClock(morning)) {
  const problems: unknown[] = []
  const report = (problem: unknown): void => {
    problems.push(problem)
  }
  return { register, clock, problems, counts: new SourceCounts({ register, clock, report }) }
}

const day = Math.floor(morning / dayMs)

test('the register is told of more than goes, before it goes, and not for each letter', async () => {
  const { counts, register } = opened()
  for (let n = 0; n < 100; n++) {
    await counts.spend('one', 1, Infinity)
    assert.ok(Number(Reflect.get(Object(register.claimed('one')), 'letters')) >= n + 1)
  }
  assert.equal(counts.of('one'), 100)
  assert.ok(register.writes < 12, String(register.writes))
  await counts.settled()
  assert.deepEqual(register.claimed('one'), { day, letters: 100 })
})

test('nothing goes before the register knows; what cannot be told keeps no mail back', async () => {
  const { counts, register, problems } = opened()
  register.slow = true
  let may = false
  const spent = counts.spend('one', 1, Infinity).then(() => {
    may = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(may, false)
  register.slow = false
  register.broken = true
  for (const goOn of register.waiting) goOn()
  await spent
  assert.deepEqual([may, problems.map(String)], [true, ['Error: The disk is full.']])
})

test('a claim does not exceed the plan of the day, so a crash leaves what the plan has left', async () => {
  const { counts, register } = opened()
  await counts.spend('one', 3, 5)
  assert.deepEqual(register.claimed('one'), { day, letters: 5 })
  await counts.spend('one', 7, 5)
  assert.deepEqual(register.claimed('one'), { day, letters: 10 }, 'what went is told all the same')
})

test('what did not go is given back, never below none, and not to another day', async () => {
  const { counts, clock } = opened()
  await counts.spend('one', 5, Infinity)
  counts.giveBack('one', 2)
  counts.giveBack('nobody', 2)
  assert.equal(counts.of('one'), 3)
  counts.giveBack('one', 9)
  assert.equal(counts.of('one'), 0)
  await counts.spend('one', 4, Infinity)
  clock.advance(dayMs)
  assert.equal(counts.of('one'), 0)
  await counts.spend('one', 1, Infinity)
  counts.giveBack('one', 1)
  assert.equal(counts.of('one'), 0)
})

test('what is no count, or of yesterday, counts as none', async () => {
  const { register, clock } = opened()
  const entry = { kind: 'source-sent', changedAt: 0 }
  const bad = ['null', '5', '{}', '{"day":"x","letters":1}', `{"day":${day}}`]
  for (const [n, json] of bad.entries())
    register.kept.set(`s${n}`, { ...entry, key: `s${n}`, json })
  const old = JSON.stringify({ day: day - 1, letters: 9 })
  register.kept.set('old', { ...entry, key: 'old', json: old })
  const { counts } = opened(register, clock)
  const names = [...register.kept.keys(), 'unknown']
  await counts.load(names)
  assert.deepEqual(
    names.map((name) => counts.of(name)),
    names.map(() => 0),
  )
})

test('crashed anywhere, a day seems fuller by the claim at most, and never emptier', async () => {
  const move = fc.record({
    letters: fc.nat({ max: 40 }),
    back: fc.nat({ max: 40 }),
    crash: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(move, { maxLength: 20 }), async (moves) => {
      const register = new Register()
      let { counts } = opened(register)
      let went = 0
      let extra = 0
      for (const { letters, back, crash } of moves) {
        await counts.spend('one', letters, Infinity)
        const given = Math.min(letters, back)
        counts.giveBack('one', given)
        went += letters - given
        if (!crash) continue
        const before = counts.of('one')
        ;({ counts } = opened(register))
        await counts.load(['one'])
        const after = counts.of('one')
        assert.ok(after >= before, `${after} of ${before}`)
        extra += after - before
        assert.ok(
          after - before <= Math.max(10, Math.ceil(after / 10)) + 40,
          `${after} of ${before}`,
        )
      }
      assert.equal(counts.of('one'), went + extra)
    }),
  )
})
