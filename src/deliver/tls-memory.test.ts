import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import type { RegisterEntry } from '../store/ports/register.ts'
import { RegisteredTlsMemory } from './tls-memory.ts'
import { start } from './test-support/world.ts'

const dayMs = 86_400_000
const host = 'mx.south.example'

interface Bench {
  readonly memory: () => RegisteredTlsMemory
  readonly written: RegisterEntry[]
  readonly problems: unknown[]
  readonly clock: ManualClock
  fails: boolean
}

/** A register that holds entries until their time; `memory` makes one that knows nothing by itself. */
function bench(): Bench {
  const written: RegisterEntry[] = []
  const problems: unknown[] = []
  const clock = new ManualClock(start)
  const made: Bench = {
    written,
    problems,
    clock,
    fails: false,
    memory: () => new RegisteredTlsMemory({ register, clock, report: (one) => problems.push(one) }),
  }
  const register = {
    put: async (entries: readonly RegisterEntry[]) => {
      if (made.fails) throw new Error('disk full')
      written.push(...entries)
    },
    find: async (kind: string, key: string, now: number) => {
      if (made.fails) throw new Error('disk gone')
      return written.findLast((one) => {
        return one.kind === kind && one.key === key && (one.expiresAt ?? Infinity) > now
      })
    },
  }
  return made
}

const settled = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

test('what a host had is known again, also by another process', async () => {
  const { memory, clock } = bench()
  const first = memory()
  first.note(host, 'verified')
  await settled()
  const known = [{ host, best: 'verified', seenAt: start }]
  assert.deepEqual(await first.of([host, 'mx2.south.example']), known)
  clock.advance(1000)
  assert.deepEqual(await memory().of([host]), known)
})

test('a stronger session is written at once, the same once a day, a weaker one not', async () => {
  const { memory, written, clock } = bench()
  const one = memory()
  const notes = async (strength: 'encrypted' | 'verified' | 'dane'): Promise<number> => {
    one.note(host, strength)
    await settled()
    return written.length
  }
  assert.equal(await notes('encrypted'), 1)
  assert.equal(await notes('encrypted'), 1)
  assert.equal(await notes('dane'), 2)
  assert.equal(await notes('verified'), 2)
  clock.advance(dayMs - 1)
  assert.equal(await notes('dane'), 2)
  clock.advance(1)
  assert.equal(await notes('encrypted'), 2)
  assert.equal(await notes('dane'), 3)
  assert.deepEqual(await one.of([host]), [{ host, best: 'dane', seenAt: start + dayMs }])
})

test('it is forgotten 60 days after the last session that was as good', async () => {
  const { memory, clock } = bench()
  const one = memory()
  one.note(host, 'dane')
  await settled()
  clock.advance(60 * dayMs - 1)
  assert.equal((await one.of([host])).length, 1)
  clock.advance(1)
  assert.deepEqual(await one.of([host]), [])
  assert.deepEqual(await memory().of([host]), [])
  one.note(host, 'encrypted')
  await settled()
  assert.equal((await one.of([host]))[0]?.best, 'encrypted')
})

test('a register that fails is a fault, and nothing is known', async () => {
  const world = bench()
  const { memory, problems } = world
  world.fails = true
  const one = memory()
  assert.deepEqual(await one.of([host]), [])
  assert.equal(problems.length, 1)
  one.note(host, 'dane')
  await settled()
  assert.ok(problems.length > 1)
})

test('who closes the store waits until what was taken down is written', async () => {
  const { memory, written } = bench()
  const one = memory()
  one.note(host, 'verified')
  assert.equal(written.length, 0)
  await one.settled()
  assert.deepEqual(
    written.map(({ key }) => key),
    [host],
  )
})
