import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatLogLine } from './log-line.ts'
import type { LogLine } from './log.ts'

const now = Date.UTC(2026, 10, 26, 9, 8, 7, 65)

function lineOf(fields: LogLine['fields']): LogLine {
  return { level: 'info', event: 'refused', fields }
}

test('a fact is one line: its time, how bad it is, what it is, and its fields in their order', () => {
  const line = lineOf({
    client: '192.0.2.1',
    to: ['a@b.example', 'c d'],
    size: 7,
    tls: true,
    no: undefined,
    none: [],
  })
  assert.equal(
    formatLogLine(line, 'text', now),
    '2026-11-26T09:08:07.065Z info refused client=192.0.2.1 to=a@b.example,"c d" size=7 tls=true none=""',
  )
  assert.equal(
    formatLogLine(line, 'json', now),
    '{"time":"2026-11-26T09:08:07.065Z","level":"info","event":"refused","client":"192.0.2.1","to":["a@b.example","c d"],"size":7,"tls":true,"none":[]}',
  )
})

test('the client is the first field, wherever it was given', () => {
  const line = lineOf({ limit: 'limits.errors', client: '192.0.2.1' })
  assert.match(
    formatLogLine(line, 'text', now),
    / refused client=192\.0\.2\.1 limit=limits\.errors$/,
  )
  assert.match(
    formatLogLine(line, 'json', now),
    /"event":"refused","client":"192\.0\.2\.1","limit"/,
  )
})

test('foreign text ends no line, no value and moves no terminal', () => {
  const bad = 'x" client=9.9.9.9 \\\n2026-11-26T09:08:07.065Z info login\x1b[2J\u202e'
  assert.equal(
    formatLogLine(lineOf({ account: bad }), 'text', now).slice(38),
    'account="x\\" client=9.9.9.9 \\\\\\n2026-11-26T09:08:07.065Z info login\\x1b[2J\\u202e"',
  )
  const unit = fc.constantFrom('"', '\\', ' ', '=', ',', '\n', '\r', '\x1b', '\u2028', 'a', '1')
  fc.assert(
    fc.property(fc.string({ unit }), fc.string({ unit }), (first, second) => {
      const text = formatLogLine(lineOf({ first, second }), 'text', now)
      assert.match(text, /^[^\n\r\x1b\u2028]*$/)
      // Read by the one rule that docs/log.md names: bare, or quoted with escapes.
      const value = String.raw`(?:[^\s"=]+|"(?:[^"\\]|\\.)*")`
      assert.match(text, new RegExp(`^\\S+ info refused first=${value} second=${value}$`))
      const json: unknown = JSON.parse(formatLogLine(lineOf({ first, second }), 'json', now))
      assert.deepEqual(json, {
        time: new Date(now).toISOString(),
        level: 'info',
        event: 'refused',
        first,
        second,
      })
    }),
  )
})

test('a list has a thousand characters in all, so that a line stays a line', () => {
  const to = Array.from({ length: 20 }, (_, i) => `${String(i).padStart(2, '0')}${'x'.repeat(248)}`)
  const read = Object(JSON.parse(formatLogLine(lineOf({ to }), 'json', now)))
  assert.deepEqual(read.to, [...to.slice(0, 4), 'and 16 more'])
  const long = formatLogLine(lineOf({ to: ['y'.repeat(600), 'z'] }), 'json', now)
  assert.deepEqual(Object(JSON.parse(long)).to, [`${'y'.repeat(500)}…`, 'z'])
})

test('a value is cut at 500 characters, a list at 20, and the cut is seen', () => {
  const long = formatLogLine(lineOf({ why: 'y'.repeat(501), whole: 'z'.repeat(500) }), 'json', now)
  const read = Object(JSON.parse(long))
  assert.equal(read.why, `${'y'.repeat(500)}…`)
  assert.equal(read.whole, 'z'.repeat(500))
  const to = Array.from({ length: 22 }, (_, i) => `r${i}@b.example`)
  const text = formatLogLine(lineOf({ to }), 'text', now)
  assert.ok(text.endsWith(',r18@b.example,r19@b.example,"and 2 more"'), text)
  const twenty = formatLogLine(lineOf({ to: to.slice(0, 20) }), 'text', now)
  assert.ok(twenty.endsWith(',r19@b.example'), twenty)
})
