import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignedWork } from './signed-work.ts'

const kib = 1024

test('octets count until there are too many, and what is refused does not', () => {
  const work = new SignedWork(300 * kib)
  assert.equal(work.begin(100 * kib), undefined)
  assert.equal(work.begin(150 * kib), undefined)
  assert.equal(work.begin(50 * kib + 1)?.code, 'too-much-signed')
  assert.equal(work.begin(50 * kib), undefined)
  assert.deepEqual(work.begin(0), {
    code: 'too-much-signed',
    text: 'The signatures of this message cover more of its header than is checked of one message (307200 octets).',
  })
})

test('a short header costs a check as well', () => {
  const work = new SignedWork(96 * kib)
  for (const octets of [0, 1000, 32 * kib]) assert.equal(work.begin(octets), undefined)
  assert.equal(work.begin(0)?.code, 'too-much-signed')
})

test('the first check is always made', () => {
  const work = new SignedWork(10)
  assert.equal(work.begin(100), undefined)
  assert.equal(work.begin(0)?.code, 'too-much-signed')
})
