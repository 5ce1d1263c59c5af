import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAsStrong, readKnownTls } from './memory.ts'

test('what the register keeps is read back, and what is not ours is nothing', () => {
  const known = { host: 'mx.example', best: 'dane', seenAt: 7 }
  assert.deepEqual(readKnownTls('mx.example', '{"best":"dane","seenAt":7}'), known)
  for (const json of ['null', '[]', '{}', '{"best":"good","seenAt":7}', '{"best":"dane"}', '"x"']) {
    assert.equal(readKnownTls('mx.example', json), undefined, json)
  }
})

test('DANE proves more than an authority, and that more than encryption alone', () => {
  const all = ['encrypted', 'verified', 'dane'] as const
  for (const [i, one] of all.entries()) {
    for (const [j, other] of all.entries()) assert.equal(isAsStrong(one, other), i >= j)
  }
})
