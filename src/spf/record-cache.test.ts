import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRecord } from './record.ts'

test('a record is read once while it is among the last 256, and again afterwards', () => {
  const text = 'v=spf1 ip4:192.0.2.1 -all'
  const first = readRecord(text)
  for (let n = 0; n < 255; n++) readRecord(`v=spf1 ip4:192.0.2.${n} ~all`)
  assert.equal(readRecord(text), first)
  readRecord('v=spf1 ?all')
  const again = readRecord(text)
  assert.notEqual(again, first)
  assert.deepEqual(again, first)
})

test('a record of more than 1,000 characters is read each time', () => {
  const record = (length: number): string => `v=spf1 ${'a'.repeat(length - 7)}`
  assert.equal(readRecord(record(1000)), readRecord(record(1000)))
  assert.notEqual(readRecord(record(1001)), readRecord(record(1001)))
  assert.deepEqual(readRecord(record(1001)), readRecord(record(1001)))
})
