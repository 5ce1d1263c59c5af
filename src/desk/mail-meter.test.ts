import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram, labelText } from '../base/histogram.ts'
import { makeId, timeOfId } from '../base/id.ts'
import { silent } from '../base/log.ts'
import { MailMeter } from './mail-meter.ts'

/** What Prometheus takes of the text format, as far as we write it; throws for anything else. */
function readMetrics(lines: readonly string[]): ReadonlyMap<string, number> {
  const values = new Map<string, number>()
  const types = new Map<string, string>()
  for (const line of lines) {
    const [, kind, of = '', rest = ''] = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line) ?? []
    if (kind === 'TYPE') {
      assert.equal(types.has(of), false, `${of} has one type`)
      types.set(of, rest)
    }
    if (kind !== undefined) continue
    const label = '[a-z_]+="(?:[^"\\\\\\n]|\\\\["\\\\n])*"'
    const value = new RegExp(`^([a-z_]+)(\\{${label}(?:,${label})*\\})? (-?[0-9.e+-]+)$`)
    const [, name = '', labels = '', number = ''] = value.exec(line) ?? []
    const family = [name, name.replace(/_(bucket|sum|count)$/, '')].find((one) => types.has(one))
    assert.ok(family !== undefined, line)
    const type = types.get(family)
    if (type === 'counter') assert.match(name, /_total$/)
    if (type === 'histogram') assert.match(family, /_seconds$/)
    assert.ok(Number.isFinite(Number(number)), line)
    assert.equal(values.has(name + labels), false, `${line} stands there once`)
    values.set(name + labels, Number(number))
  }
  return values
}

const now = 1_750_000_010_000
const id = makeId(now - 2000, () => 0)

test('letters are counted by what became of them, with the time that they took', () => {
  const meter = new MailMeter(() => now)
  let passed = 0
  const log = meter.over(() => void passed++)
  log({ level: 'info', event: 'accepted', fields: { id, status: 'queued' } })
  log({ level: 'info', event: 'refused', fields: { id } })
  log({ level: 'info', event: 'deferred', fields: { id } })
  log({ level: 'info', event: 'delivered', fields: { id } })
  log({ level: 'info', event: 'delivered', fields: { id: 'none' } })
  log({ level: 'info', event: 'login', fields: {} })
  assert.equal(passed, 6)
  const values = readMetrics(meter.lines)
  assert.equal(values.get('waybill_letters_total{verdict="accepted",status="queued"}'), 1)
  assert.equal(values.get('waybill_letters_total{verdict="refused",status="refused"}'), 1)
  assert.equal(values.get('waybill_deliveries_total{outcome="delivered"}'), 2)
  assert.equal(values.get('waybill_accept_duration_seconds_count'), 1)
  assert.equal(values.get('waybill_accept_duration_seconds_sum'), 2)
  assert.equal(values.get('waybill_accept_duration_seconds_bucket{le="1"}'), 0)
  assert.equal(values.get('waybill_accept_duration_seconds_bucket{le="2.5"}'), 1)
  assert.equal(values.get('waybill_queue_duration_seconds_count'), 1)
})

test('buckets add up, and what is longer than all is in the last', () => {
  const histogram = new Histogram()
  for (const seconds of [-1, 0.005, 0.006, 1e9]) histogram.observe(seconds)
  const values = readMetrics(histogram.lines('waybill_x_seconds', 'A test'))
  assert.equal(values.get('waybill_x_seconds_bucket{le="0.005"}'), 2)
  assert.equal(values.get('waybill_x_seconds_bucket{le="0.01"}'), 3)
  assert.equal(values.get('waybill_x_seconds_bucket{le="432000"}'), 3)
  assert.equal(values.get('waybill_x_seconds_bucket{le="+Inf"}'), 4)
})

test('a label is escaped, and what was counted by nobody has no line', () => {
  assert.equal(labelText({ site: 'a"b\\c\nd' }), '{site="a\\"b\\\\c\\nd"}')
  const meter = new MailMeter(() => now)
  meter.over(silent)
  assert.equal(readMetrics(meter.lines).get('waybill_accept_duration_seconds_count'), 0)
})

test('the time of an id is that of its making', () => {
  assert.equal(timeOfId(id), now - 2000)
  assert.equal(timeOfId('nothing'), undefined)
})
