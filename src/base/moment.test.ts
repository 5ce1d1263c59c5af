import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseMoment } from './moment.ts'

const times: readonly (readonly [string, string | undefined])[] = [
  ['2026-09-01', '2026-09-01T00:00:00.000Z'],
  ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  ['2026-09-01T12:00Z', '2026-09-01T12:00:00.000Z'],
  ['2026-09-01T12:00:07z', '2026-09-01T12:00:07.000Z'],
  ['2026-09-01 12:00:07.999+02:00', '2026-09-01T10:00:07.000Z'],
  ['2026-09-01t00:30:00-05:30', '2026-09-01T06:00:00.000Z'],
  ['2026-12-31T23:59:60Z', '2026-12-31T23:59:59.000Z'],
  ['0026-01-01', '0026-01-01T00:00:00.000Z'],
  ['2026-02-29', undefined],
  ['2026-02-30', undefined],
  ['2026-04-31T00:00:00Z', undefined],
  ['2026-13-01', undefined],
  ['2026-00-01', undefined],
  ['2026-01-00', undefined],
  ['2026-09-01T24:00:00Z', undefined],
  ['2026-09-01T12:60:00Z', undefined],
  ['2026-09-01T12:00:61Z', undefined],
  ['2026-09-01T12:00:00', undefined],
  ['2026-09-01T12:00:00+24:00', undefined],
  ['2026-09-01T12:00:00+01:60', undefined],
  ['2026-09', undefined],
  ['1', undefined],
  ['Sep 1 2026', undefined],
  ['', undefined],
]
for (const [text, iso] of times) {
  test(`${JSON.stringify(text)} is ${iso ?? 'no time'}`, () => {
    const ms = parseMoment(text)
    assert.equal(ms === undefined ? undefined : new Date(ms).toISOString(), iso)
  })
}

test('what Date writes is read (property)', () => {
  const dates = fc.date({
    min: new Date('0001-01-01'),
    max: new Date('9999-12-31'),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(dates, (date) => {
      assert.equal(parseMoment(date.toISOString()), Math.floor(date.getTime() / 1000) * 1000)
    }),
  )
})
