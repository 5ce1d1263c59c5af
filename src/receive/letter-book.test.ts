import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogLine } from '../base/log.ts'
import { letterLine } from './letter-book.ts'

function recipients(asked: readonly string[], taken: readonly string[]): readonly unknown[] {
  const fields = fieldsOf({ mailFrom: 'ann@north.example', asked, taken })
  return [fields['to'], fields['refused']]
}

function fieldsOf({
  mailFrom,
  asked,
  taken,
}: {
  readonly mailFrom: string
  readonly asked: readonly string[]
  readonly taken: readonly string[]
}): NonNullable<LogLine['fields']> {
  const { fields } = letterLine({
    id: 'x1',
    facts: {
      listener: 'smtp',
      remote: { ip: '192.0.2.1', port: 1 },
      tls: undefined,
      met: undefined,
    },
    helo: 'mx.example',
    login: undefined,
    mailFrom,
    asked,
    taken,
    outcome: {
      status: 'delivered',
      smtp: { code: 250, enhanced: '2.0.0', text: 'Filed', atCommand: 'DATA' },
      because: [],
    },
    octets: 10,
  })
  assert.ok(fields !== undefined)
  return fields
}

test('who was taken and who was refused are told apart', () => {
  assert.deepEqual(recipients(['a@x', 'b@x', 'c@y'], ['a@x', 'b@x']), [['a@x', 'b@x'], ['c@y']])
  assert.deepEqual(recipients(['a@x'], ['a@x']), [['a@x'], undefined])
  // Where nobody was taken, whoever was asked for stands there, as before.
  assert.deepEqual(recipients(['a@x', 'b@x'], []), [['a@x', 'b@x'], undefined])
  assert.deepEqual(recipients([], []), [undefined, undefined])
  // The same address, taken once and refused once.
  assert.deepEqual(recipients(['a@x', 'a@x'], ['a@x']), [['a@x'], ['a@x']])
})

test('the sender is told, the null one too, and none where no letter was begun', () => {
  for (const [mailFrom, asked, from] of [
    ['ann@north.example', ['a@x'], '<ann@north.example>'],
    ['ann@north.example', [], '<ann@north.example>'],
    ['', ['a@x'], '<>'],
    ['', [], undefined],
  ] as const) {
    assert.equal(fieldsOf({ mailFrom, asked, taken: [] })['from'], from)
  }
})
