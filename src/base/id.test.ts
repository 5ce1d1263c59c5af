import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isId, makeId } from './id.ts'
import { seededRandom } from './random.ts'

test('an id has 16 characters, none of which looks like another', () => {
  const id = makeId(1_750_000_000_123, seededRandom(1))
  assert.match(id, /^[0-9a-z]{16}$/)
  assert.doesNotMatch(id, /[ilou]/)
  assert.ok(isId(id))
})

test('ids sort by their time', () => {
  const time = fc.integer({ min: 0, max: 2 ** 45 - 1 })
  fc.assert(
    fc.property(time, time, fc.integer(), (a, b, seed) => {
      const random = seededRandom(seed)
      const [first, second] = [makeId(a, random), makeId(b, random)]
      assert.ok(isId(first) && isId(second))
      if (a !== b) assert.equal(first < second, a < b)
    }),
  )
})

test('the time is the first nine characters, the chance the last seven', () => {
  assert.equal(
    makeId(0, () => 0),
    '0'.repeat(16),
  )
  assert.equal(
    makeId(2 ** 45 - 1, () => 0.999999),
    'z'.repeat(16),
  )
  assert.equal(
    makeId(32, () => 0),
    '0000000100000000',
  )
})

test('ids of one millisecond differ', () => {
  const random = seededRandom(7)
  const ids = Array.from({ length: 5000 }, () => makeId(1_750_000_000_000, random))
  assert.equal(new Set(ids).size, ids.length)
})

test('text of another length or alphabet is no id', () => {
  const wrong = ['', '0'.repeat(15), '0'.repeat(17), `${'0'.repeat(15)}l`, 'A'.repeat(16)]
  for (const text of [...wrong, `${'0'.repeat(16)}\n`]) assert.ok(!isId(text), text)
})
