import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ShapeJson } from '../../desk/shape.ts'
import { shapeText } from './shape.ts'

const none = { held: 0, oldest_at: null, next_attempt_at: null, last_problem: null }

function shape(by: ShapeJson['by'], ...names: readonly string[]): ShapeJson {
  const ages = [12_345, 0, 0, 0, 0, 0, 0, 0, 0, 7]
  return {
    by,
    limits: [],
    ...none,
    total: 12_352,
    ages,
    count: names.length,
    groups: names.map((name) => ({ ...none, name, total: 12_352, ages })),
  }
}

test('numbers stand below their ages', () => {
  assert.deepEqual(shapeText(shape('destination', 'south.example'), Infinity), [
    'destination     all held     5 10 20 40 80 160 320 640 1280 1280+',
    'all           12352    0 12345  0  0  0  0   0   0   0    0     7',
    'south.example 12352    0 12345  0  0  0  0   0   0   0    0     7',
  ])
})

test('a name that is too long for the terminal stands above its numbers', () => {
  const name = 'a-very-long-name-of-a-server-that-goes-on.and.on.example'
  const lines = shapeText(shape('sender', name), 62).join('\n').split('\n')
  assert.deepEqual(lines.slice(2), [
    name,
    '            12352    0 12345  0  0  0  0   0   0   0    0     7',
  ])
  assert.ok(lines.every((line) => line.length <= 63))
})

test('what has no name says what it is, and no name breaks a line', () => {
  const shown = (by: ShapeJson['by'], name: string) => shapeText(shape(by, name), 200)[2] ?? ''
  assert.match(shown('sender', ''), /^<> /)
  assert.match(shown('reason', ''), /^\(not tried yet\) /)
  assert.match(shown('account', ''), /^\(no account\) /)
  assert.match(shown('reason', 'a\nb'), /^a.{1,3}b /)
})
