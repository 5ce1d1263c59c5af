import assert from 'node:assert/strict'
import { test } from 'node:test'
import { letterLine } from './log-lines.ts'

function recipients(asked: readonly string[], taken: readonly string[]): readonly unknown[] {
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
    mailFrom: 'ann@north.example',
    asked,
    taken,
    outcome: {
      status: 'delivered',
      smtp: { code: 250, enhanced: '2.0.0', text: 'Filed', atCommand: 'DATA' },
      because: [],
    },
    octets: 10,
  })
  return [fields['to'], fields['refused']]
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
