import assert from 'node:assert/strict'
import { test } from 'node:test'
import { queueItem } from '../store/contract-cases.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { RegisterEntry } from '../store/ports/register.ts'
import { type HabitRules, unusualText } from './account-habit.ts'
import { AccountHabits, type AccountHabitsParts, habitKind } from './account-habits.ts'

const begin = Date.UTC(2026, 0, 1, 8)
const ann = 'Ann@south.example'

const usual: HabitRules = {
  factor: 5,
  least: { hour: 20, day: 100 },
  newMs: 0,
  exempt: new Set(['news@south.example']),
  passMs: 86_400_000,
}

/** Habits over a store, with the rules that were made. */
function house(change: Partial<AccountHabitsParts> = {}) {
  const store = openMemoryStore()
  const clock = { now: begin }
  const rules = new Map<string, string>()
  const problems: unknown[] = []
  const puts: (readonly RegisterEntry[])[] = []
  const open = (): AccountHabits =>
    new AccountHabits({
      register: {
        put(entries) {
          puts.push(entries)
          return store.register.put(entries)
        },
        list: (query) => store.register.list(query),
      },
      now: () => clock.now,
      rules: () => usual,
      isHolding: (rule) => Promise.resolve(rules.has(rule)),
      hold({ account, verdict }) {
        const id = `r${rules.size}`
        rules.set(id, `${account} ${unusualText(verdict)}`)
        return Promise.resolve(id)
      },
      onProblem: (problem) => problems.push(problem),
      ...change,
    })
  return { store, clock, rules, problems, puts, open }
}

function letters(count: number, change: Partial<QueueItem> = {}): readonly QueueItem[] {
  return Array.from({ length: count }, (_, n) => ({
    ...queueItem(`q${n}`, { createdAt: begin, nextAttemptAt: begin, account: ann }),
    attempts: 0,
    held: false,
    holdReason: '',
    lastProblem: '',
    ...change,
  }))
}

test('each letter counts once: what is tried again, was put off or let go, or lay here does not', async () => {
  const { open, rules } = house()
  const habits = open()
  const { account: _nobody, ...strange } = letters(1)[0] ?? assert.fail()
  for (const items of [
    letters(500, { attempts: 1 }),
    letters(500, { nextAttemptAt: begin + 1 }),
    letters(500, { createdAt: begin - 1, nextAttemptAt: begin - 1 }),
    letters(500, { account: 'NEWS@south.example' }),
    Array.from({ length: 500 }, () => strange),
    letters(20),
  ]) {
    assert.equal(await habits.note(items), false)
  }
  assert.equal(rules.size, 0)
  const later = letters(1, { nextAttemptAt: begin + 9, notBefore: begin + 9 })
  assert.equal(await habits.note(later), true, 'its time has come for the first time')
  assert.deepEqual(
    [...rules.values()],
    ['ann@south.example sent 21 in the last hour; usually none'],
  )
})

test('after a release nothing holds it for a while; single letters that are let go are no release', async () => {
  const { open, rules, clock } = house()
  const habits = open()
  assert.equal(await habits.note(letters(21)), true)
  assert.equal(await habits.note(letters(400)), false, 'the rule holds it already')
  assert.equal(rules.size, 1)
  rules.clear()
  assert.equal(await habits.note(letters(400)), false)
  clock.now += usual.passMs - 1
  assert.equal(await habits.note(letters(400)), false)
  clock.now += 2
  assert.equal(await habits.note(letters(50)), false, 'a quarter of it is a habit by now')
  assert.equal(await habits.note(letters(1500)), true)
})

test('a restart keeps it, the pass too, and a letter costs no write', async () => {
  const { open, rules, clock, puts, problems } = house()
  const habits = open()
  for (let n = 0; n < 10; n++) await habits.note(letters(2))
  assert.equal(puts.length, 0)
  clock.now += 60_000
  await habits.note(letters(0))
  await habits.settled()
  assert.deepEqual(
    puts.flat().map(({ kind, key }) => [kind, key]),
    [[habitKind, 'ann@south.example']],
  )
  const next = open()
  await next.load()
  const now = { createdAt: clock.now, nextAttemptAt: clock.now }
  assert.equal(await next.note(letters(1, now)), true)
  rules.clear()
  const third = open()
  await third.load()
  assert.equal(await third.note(letters(400, now)), false, 'it was released meanwhile')
  await third.settled()
  const fourth = open()
  await fourth.load()
  assert.equal(await fourth.note(letters(400, now)), false)
  assert.deepEqual(problems, [])
})

test('what cannot be written is told and written later; where it cannot be held mail goes on', async () => {
  const broken = { now: true }
  const store = openMemoryStore()
  const { open, clock, problems } = house({
    register: {
      put: (entries) => {
        return broken.now ? Promise.reject(new Error('full')) : store.register.put(entries)
      },
      list: (query) => store.register.list(query),
    },
    hold: () => Promise.resolve(undefined),
  })
  const habits = open()
  assert.equal(await habits.note(letters(21)), false)
  assert.equal(problems.length, 1)
  broken.now = false
  await habits.settled()
  const kept = await store.register.list({ kind: habitKind, now: clock.now, limit: 9 })
  assert.equal(kept.length, 1)
})

test('a record that cannot be used makes the account new', async () => {
  const { open, store, clock, problems } = house()
  const bad = ['{}', '[]', 'null', '{"since":1,"foldedAt":1,"hour":{},"day":{}}']
  await store.register.put(
    bad.map((json, n) => ({ kind: habitKind, key: `a${n}`, json, changedAt: clock.now })),
  )
  await open().load()
  assert.deepEqual(problems, [])
})
