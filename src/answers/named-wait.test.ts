import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { namedWaitSeconds } from './named-wait.ts'

const now = Date.UTC(2026, 5, 1, 12)

const cases: readonly (readonly [string, number | undefined])[] = [
  ['Greylisted for 300 seconds', 300],
  ['Greylisted for 5 minutes', 300],
  ['Greylisting in action, please come back in 00:05:00', 300],
  ['Please TRY AGAIN in 180 seconds', 180],
  ['try again after 10 minutes', 600],
  ['please retry in 60s', 60],
  ['Please wait 2 hours, then try again', 7200],
  // Parts of one time are added; another time that follows is none of it.
  ['Greylisted, please try again in 1 hour 30 minutes', 5400],
  ['retry in 1h30m', 5400],
  ['try again in 2 hours, 5 minutes and 10 seconds', 7510],
  ['try again in 1 day', 86_400],
  ['try again in 1 day 1 hour', undefined],
  ['try again in 10 minutes, 5 minutes at least', 600],
  ['try again in 30 seconds, 10 minutes at most', 30],
  ['try again in 1 hour, 30 messages are the limit', 3600],
  ['try again after 2026-06-01T12:10:00Z', 600],
  ['retry not before 2026-06-01 14:01:00+02:00', 60],
  // What was over long ago, what is too far away, and nothing at all.
  ['try again after 2026-06-01T11:59:59Z', undefined],
  ['try again in 90000 seconds', undefined],
  ['try again in 0 seconds', undefined],
  ['try again after 2026-06-01', undefined],
  ['Try again later', undefined],
  // A rate, a limit and a size are no waits.
  ['Too many letters, try again later. Limit: 100 in 60 minutes', undefined],
  ['Sender rate overlimit - 300.2 messages per 1h', undefined],
  ['Try again: more than 20 recipients in 10 minutes', undefined],
  ['try again in 5 messages', undefined],
]

test('a wait that a server names is read, and no rate is taken for one', () => {
  assert.deepEqual(
    cases.map(([text]) => [text, namedWaitSeconds(text, now)]),
    cases,
  )
})

test('of all real replies those name a wait that a person reads one in', () => {
  const named = readFileSync(new URL('replies.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .flatMap((line) => {
      const seconds = namedWaitSeconds(line, now)
      return seconds === undefined ? [] : [`${seconds} ${line.split(' ').slice(0, 2).join(' ')}`]
    })
  assert.deepEqual(named, [
    '300 greylisted RCPT',
    '300 greylisted RCPT',
    '299 greylisted RCPT',
    '180 greylisted RCPT',
    '600 greylisted RCPT',
    '900 greylisted RCPT',
    '60 greylisted RCPT',
    '300 greylisted RCPT',
  ])
})

test('whatever is said, the answer is a bounded number or none', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), fc.integer(), (text, count) => {
      const seconds = namedWaitSeconds(`try again ${text} ${count} seconds`, now)
      return seconds === undefined || (seconds >= 1 && seconds <= 86_400)
    }),
  )
})
