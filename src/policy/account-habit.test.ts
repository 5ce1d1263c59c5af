import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  countSent,
  type HabitFigure,
  type HabitRules,
  judgeHabit,
  unusualText,
} from './account-habit.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const begin = Date.UTC(2026, 0, 1, 8)

const rules: HabitRules = {
  factor: 5,
  least: { hour: 200, day: 1000 },
  newMs: 14 * dayMs,
  exempt: new Set(),
  passMs: dayMs,
}

/** Sends as the plan says, on each of so many days: recipients by the hour of the day. */
function live(
  days: number,
  plan: (day: number) => Readonly<Record<number, number>>,
  from?: HabitFigure,
): { readonly figure: HabitFigure; readonly end: number; readonly tripped: readonly string[] } {
  let figure = from
  const start = from === undefined ? begin : from.foldedAt + dayMs
  const tripped: string[] = []
  for (let day = 0; day < days; day++) {
    for (const [hour, count] of Object.entries(plan(day))) {
      const now = start + day * dayMs + Number(hour) * hourMs
      figure = countSent(figure, count, now)
      const verdict = judgeHabit(figure, rules, now)
      if (verdict.result === 'unusual') tripped.push(`day ${day}: ${unusualText(verdict)}`)
    }
  }
  assert.ok(figure !== undefined)
  return { figure, end: start + days * dayMs, tripped }
}

test('a small account may send a newsletter of 50, and of 200, whatever its habit is', () => {
  const plan = (day: number): Readonly<Record<number, number>> => {
    return day === 60 ? { 0: 3, 1: 50, 9: 200 } : { 0: 2, 3: 1 }
  }
  assert.deepEqual(live(61, plan).tripped, [])
})

test('a stolen password is seen at once, with the figures', () => {
  const { figure, end } = live(60, () => ({ 0: 40, 5: 12 }))
  const sent = countSent(figure, 1240, end)
  const verdict = judgeHabit(sent, rules, end)
  assert.ok(verdict.result === 'unusual')
  assert.deepEqual([verdict.per, verdict.sent, verdict.most], ['hour', 1240, 200])
  assert.equal(unusualText(verdict), 'sent 1,240 in the last hour; usually at most 40')
})

test('who sends slowly all day is seen by the day', () => {
  const { figure } = live(60, () => ({ 0: 40 }))
  const hours = Object.fromEntries(Array.from({ length: 16 }, (_, hour) => [hour, 90]))
  const { tripped } = live(1, () => hours, figure)
  assert.match(tripped[0] ?? '', /^day 0: sent 1,\d\d\d in the last day; usually at most 80$/)
})

test('who always sends much is held for far more alone, and growth within weeks is a habit', () => {
  const { figure, end, tripped } = live(90, () => ({ 0: 3000, 6: 1000 }))
  assert.match(tripped[0] ?? '', /it is new here, so 1,000 are the most/)
  const most = (count: number): string =>
    judgeHabit(countSent(figure, count, end), rules, end).result
  assert.equal(most(14_000), 'usual')
  assert.equal(most(16_000), 'unusual')
  let plan = 100
  const growing = live(120, () => ({ 0: (plan *= 1.05) }))
  assert.deepEqual(growing.tripped, [], 'five in a hundred more each day')
})

test('one full day makes no habit, and weeks without mail end one', () => {
  const small = live(60, () => ({ 0: 10 })).figure
  const once = live(1, () => ({ 0: 180 }), small)
  const next = countSent(once.figure, 1, once.end + dayMs)
  assert.ok(next.hour.usual < 60, String(next.hour.usual))
  const big = live(60, () => ({ 0: 3000 })).figure
  const idle = countSent(big, 1, big.foldedAt + 200 * dayMs)
  assert.ok(idle.hour.usual < 10, String(idle.hour.usual))
})

test('a new account has room for its first days, and an old one that never sent has not', () => {
  const first = countSent(undefined, 900, begin)
  assert.equal(judgeHabit(first, rules, begin).result, 'usual')
  const more = countSent(first, 200, begin + 1)
  const verdict = judgeHabit(more, rules, begin + 1)
  assert.ok(verdict.result === 'unusual')
  assert.equal(
    unusualText(verdict),
    'sent 1,100 in the last hour; it is new here, so 1,000 are the most',
  )
  const old = countSent({ ...countSent(undefined, 0, begin) }, 201, begin + 15 * dayMs)
  const late = judgeHabit(old, rules, begin + 15 * dayMs)
  assert.ok(late.result === 'unusual')
  assert.equal(unusualText(late), 'sent 201 in the last hour; usually none')
})

test('a clock that is set back by days neither forgets nor invents', () => {
  const { figure, end } = live(30, () => ({ 0: 40 }))
  const back = countSent(figure, 10, end - 5 * dayMs)
  assert.equal(back.hour.usual, figure.hour.usual)
  assert.equal(judgeHabit(back, rules, end - 5 * dayMs).result, 'usual')
})

test('the figure stays small however much is sent', () => {
  const hours = Object.fromEntries(Array.from({ length: 24 }, (_, hour) => [hour, 999]))
  const { figure } = live(400, () => hours)
  assert.ok(JSON.stringify(figure).length < 400)
})
