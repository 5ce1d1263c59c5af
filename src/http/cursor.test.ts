import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ArchivedRow } from '../desk/archives.ts'
import { cursorBehind, readCursor } from './cursor.ts'

const row = (site: string, id: string): ArchivedRow => ({
  site,
  id,
  direction: 'in',
  startedAt: 0,
  status: 'delivered',
  mailFrom: '',
  rcptTo: [],
  subject: '',
  summary: '',
  author: '',
  headerMessageId: '',
  writtenAt: 0,
})

test('a cursor keeps the last row of each archive, also of one that this page has none of', () => {
  const first = readCursor(cursorBehind([row('north', 'N9'), row('south', 'S9')], new Map()))
  const second = readCursor(cursorBehind([row('north', 'N8'), row('north', 'N7')], first))
  assert.deepEqual(Array.from(second), [
    ['north', 'N7'],
    ['south', 'S9'],
  ])
})

test('what no list has given is no cursor', () => {
  const text = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  for (const bad of ['', 'zz', '{}', text({}), text([1]), text([['a']]), text([['a', 1]])]) {
    assert.throws(() => readCursor(bad), /no cursor/, bad)
  }
})
