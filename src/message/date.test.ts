import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { formatDate, parseDate } from './date.ts'

const at = Date.UTC(2026, 10, 23, 17, 29, 7)

test('a date is written in the zone that is asked for', () => {
  assert.equal(formatDate(at), 'Mon, 23 Nov 2026 17:29:07 +0000')
  assert.equal(formatDate(at, 60), 'Mon, 23 Nov 2026 18:29:07 +0100')
  assert.equal(formatDate(at, -570), 'Mon, 23 Nov 2026 07:59:07 -0930')
  assert.equal(formatDate(at, 14 * 60), 'Tue, 24 Nov 2026 07:29:07 +1400')
  assert.equal(formatDate(Date.UTC(2026, 0, 1, 0, 0, 0) + 999), 'Thu, 1 Jan 2026 00:00:00 +0000')
})

test('what no date can say is a bug', () => {
  assert.throws(() => formatDate(Number.NaN))
  assert.throws(() => formatDate(at, 0.5))
  assert.throws(() => formatDate(at, 6000))
  assert.throws(() => formatDate(Date.UTC(1899, 0, 1)))
})

const same: readonly string[] = [
  'Mon, 23 Nov 2026 17:29:07 +0000',
  'Mon, 23 Nov 2026 17:29:07 GMT',
  '23 Nov 2026 17:29:07 UT',
  ' 23   Nov\r\n 2026 17:29:07 +0000 ',
  'Mon,23 Nov 2026 17:29:07 +0000',
  'Monday, 23 November 2026 17:29:07 +0000',
  'Mon, 23 Nov 2026 17:29:07 +0000 (UTC)',
  'Mon (a \\) (nested) comment), 23 Nov 2026 (x) 17:29:07 +0000',
  'Mon, 23 Nov 26 17:29:07 +0000',
  'Mon, 23 Nov 126 17:29:07 +0000',
  'Mon, 23 Nov 2026 18:29:07 +0100',
  'Mon, 23 Nov 2026 18:29:07 +01:00',
  'Mon, 23 Nov 2026 18:29:07+0100',
  'Mon, 23 Nov 2026 12:29:07 EST',
  'Mon, 23 Nov 2026 09:29:07 PST',
  'Mon, 23 Nov 2026 10:29:07 PDT',
  'Mon, 23 Nov 2026 17:29:07 -0000',
  'Mon, 23 Nov 2026 17:29:07',
  'Mon, 23 Nov 2026 17:29:07.123 +0000',
  'Tue, 23 Nov 2026 17:29:07 +0000',
  'Mon Nov 23 17:29:07 2026',
  'Mon Nov 23 18:29:07 GMT+0100 2026',
  'Mon, 23-Nov-2026 17:29:07 GMT',
  'Mon, 23 Nov 2026 17:29:07 Q',
  'Mon, 23 Nov 2026 17:29:07 XYZT',
  'mon, 23 nov 2026 17:29:07 gmt',
  'Mon, 23 Nov 2026 18:29:07 UTC +0100',
]
for (const text of same) {
  test(`read: ${text.trim()}`, () => {
    assert.equal(parseDate(text)?.unixMs, at)
  })
}

test('the zone is told apart from no zone', () => {
  assert.deepEqual(parseDate('23 Nov 2026 17:29:07 -0000')?.zoneKnown, false)
  assert.deepEqual(parseDate('23 Nov 2026 17:29:07 A')?.zoneKnown, false)
  assert.deepEqual(parseDate('23 Nov 2026 17:29:07 +0000')?.zoneKnown, true)
  assert.equal(parseDate('23 Nov 2026 17:29:07 -0330')?.offsetMinutes, -210)
})

test('years of two digits turn at 50', () => {
  assert.equal(parseDate('1 Jan 49 00:00 GMT')?.unixMs, Date.UTC(2049, 0, 1))
  assert.equal(parseDate('1 Jan 50 00:00 GMT')?.unixMs, Date.UTC(1950, 0, 1))
  assert.equal(parseDate('1 Jan 99 00:00 GMT')?.unixMs, Date.UTC(1999, 0, 1))
})

test('a leap second is the second after it', () => {
  assert.equal(parseDate('31 Dec 2016 23:59:60 +0000')?.unixMs, Date.UTC(2017, 0, 1))
})

const wrong: readonly string[] = [
  '',
  'today',
  '23 Nov 2026',
  '31 Feb 2026 10:00:00 +0000',
  '29 Feb 2025 10:00:00 +0000',
  '0 Jan 2026 10:00:00 +0000',
  '23 Nob 2026 17:29:07 +0000',
  '23 Nov 2026 24:00:00 +0000',
  '23 Nov 2026 17:60:07 +0000',
  '23 Nov 2026 17:29:61 +0000',
  '23 Nov 2026 17:29:07 +0060',
  '23 Nov 2026 17:29:07 +01',
  '23 Nov 2026 17:29:07 +0000 a b c',
  '23 Nov 2026 17:29:07 (open +0000',
  '2026-11-23T17:29:07Z',
  '29-04-2017 23:34',
  'Mon1 23 Nov 2026 17:29:07 +0000',
  'Moonlight. 23 Nov 2026 17:29:07 +0000',
  'Moo 23 Nov 2026 17:29:07 +0000',
  `23 Nov 2026 17:29:07 +0000${' '.repeat(600)}`,
]
for (const text of wrong) {
  test(`not a date: ${text.slice(0, 40).trim() || '(empty)'}`, () => {
    assert.equal(parseDate(text), undefined)
  })
}

test('what is written is read back (property)', () => {
  const years = fc.integer({ min: -2_000_000_000, max: 200_000_000_000 })
  fc.assert(
    fc.property(years, fc.integer({ min: -5999, max: 5999 }), (seconds, offset) => {
      const read = parseDate(formatDate(seconds * 1000, offset))
      assert.deepEqual(read, { unixMs: seconds * 1000, offsetMinutes: offset, zoneKnown: true })
    }),
  )
})

test('reading never throws (property)', () => {
  const piece = fc.constantFrom(
    '(',
    ')',
    '\\',
    ',',
    ' ',
    ':',
    '-',
    '+',
    'Nov',
    '23',
    '2026',
    '17:29',
    'Mon',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      parseDate(pieces.join(''))
      parseDate(pieces.join(' '))
    }),
  )
})
