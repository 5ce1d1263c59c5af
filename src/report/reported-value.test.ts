import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProblemList } from './report-problem.ts'
import { ValueReader } from './reported-value.ts'

function read(text: string): readonly [string, ...string[]] {
  const problems = new ProblemList()
  const address = new ValueReader(problems).address(text, 'source')
  return [address, ...problems.all().map(({ code }) => code)]
}

test('an address is one in whatever form it is written', () => {
  const plain: readonly (readonly [string, string])[] = [
    ['192.0.2.1', '192.0.2.1'],
    ['[192.0.2.1]', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['[IPv6:2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[IPv6:::ffff:192.0.2.1]', '192.0.2.1'],
  ]
  for (const [text, address] of plain) assert.deepEqual(read(text), [address], text)
})

test('with a port or a tag it is understood, and told', () => {
  const unusual: readonly (readonly [string, string])[] = [
    ['192.0.2.1:25', '192.0.2.1'],
    ['[192.0.2.1]:25', '192.0.2.1'],
    ['[2001:db8::1]:587', '2001:db8::1'],
    ['IPv6:2001:db8::1', '2001:db8::1'],
  ]
  for (const [text, address] of unusual) assert.deepEqual(read(text), [address, 'unusual-value'])
})

test('what is none stays as it is, and is told', () => {
  for (const text of [
    'mail.example',
    '192.0.2.1, 192.0.2.2',
    '192.0.2:25',
    '[]',
    '2001:db8::1:x',
  ]) {
    assert.deepEqual(read(text), [text, 'invalid-value'])
  }
  assert.deepEqual(read(' '), ['', 'missing'])
})
