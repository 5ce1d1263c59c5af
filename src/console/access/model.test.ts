import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endOfDay, lastsFor } from './model.ts'

test('a key that is to work until a day works on that day', () => {
  const end = endOfDay('2027-01-31') ?? ''
  assert.equal(Date.parse(end), new Date(2027, 1, 1).getTime())
  assert.equal(endOfDay(''), undefined)
})

test('how long a key lasts is said in words', () => {
  const now = Date.parse('2027-01-01T00:00:00Z')
  assert.equal(lastsFor({ ends_at: null }, now), 'no end')
  assert.equal(lastsFor({ ends_at: '2027-01-11T00:00:00Z' }, now), '10 days left')
  assert.equal(lastsFor({ ends_at: '2027-01-01T00:00:00Z' }, now), 'over')
})
