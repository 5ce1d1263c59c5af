import { test } from 'node:test'
import assert from 'node:assert/strict'
import { makeMessageId, parseMessageIds } from './message-id.ts'

test('an id is made of time, chance and a name of ours', () => {
  const made = makeMessageId({ now: 1_795_454_947_000, random: () => 0.5, domain: 'mx.example' })
  assert.equal(made, '<1m84q8knr.gggggggggggggggg@mx.example>')
  assert.deepEqual(parseMessageIds(made), [made])
})

test('ids of one millisecond differ by chance', () => {
  const made = new Set<string>()
  for (let i = 0; i < 1000; i++) {
    made.add(makeMessageId({ now: 1, random: Math.random, domain: 'x' }))
  }
  assert.equal(made.size, 1000)
})

const cases: readonly (readonly [string, readonly string[]])[] = [
  ['<a@b>', ['<a@b>']],
  ['<a@b> (comment) <c@d>', ['<a@b>', '<c@d>']],
  ['<a@b><c@d>', ['<a@b>', '<c@d>']],
  ['"some one" <<a@b>', ['<a@b>']],
  ['<a@[192.0.2.1]>', ['<a@[192.0.2.1]>']],
  ['<a b@c>', []],
  ['<a@b\r\n c>', []],
  ['<ab>', []],
  ['<@b>', []],
  ['<a@>', []],
  ['a@b', []],
  ['<a@b', []],
  ['', []],
  [`<${'a'.repeat(1000)}@b>`, []],
]
for (const [value, ids] of cases) {
  test(`ids in ${JSON.stringify(value.slice(0, 30))}`, () => {
    assert.deepEqual(parseMessageIds(value), ids)
  })
}

test('a list of ids is read up to its limit, in linear time', () => {
  assert.equal(parseMessageIds('<a@b> '.repeat(200_000)).length, 100)
  assert.equal(parseMessageIds('<'.repeat(500_000)).length, 0)
})
