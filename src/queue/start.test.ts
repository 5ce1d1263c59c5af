import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Standing, startNow } from './start.ts'

const up: Standing = {
  may: { type: 'all' },
  waiting: 1,
  free: 1,
  kept: false,
  allowance: Infinity,
  maxBatch: 50,
}

test('what waits is shared among the connections, in pieces that are worth one', () => {
  assert.deepEqual(startNow(up), { type: 'begin', count: 5 })
  assert.deepEqual(startNow({ ...up, waiting: 100, free: 4 }), { type: 'begin', count: 25 })
  assert.deepEqual(startNow({ ...up, waiting: 100, free: 1 }), { type: 'begin', count: 50 })
})

test('a connection that is kept is used first, and needs no place', () => {
  const kept = { ...up, kept: true, waiting: 100 }
  assert.deepEqual(startNow({ ...kept, free: 4 }), { type: 'join', count: 25 })
  assert.deepEqual(startNow({ ...kept, free: 0 }), { type: 'join', count: 50 })
})

test('without a place nothing starts', () => {
  const full = { ...up, free: 0 }
  const down = { type: 'none', by: 'back-off', until: 9, because: 'refused' } as const
  for (const may of [up.may, { type: 'one' } as const, down]) {
    assert.deepEqual(startNow({ ...full, may }), { type: 'wait', for: 'place' })
  }
})

test('who may send one finds out with one, over a connection of its own', () => {
  const one = { type: 'one' } as const
  assert.deepEqual(startNow({ ...up, may: one, kept: true, waiting: 9 }), { type: 'probe' })
})

test('while nothing may be sent, what waits is put off until then, or waits for who finds out', () => {
  const until = { type: 'none', by: 'back-off', until: 9, because: 'refused' } as const
  assert.deepEqual(startNow({ ...up, may: until }), {
    type: 'put-off',
    by: 'back-off',
    until: 9,
    because: 'refused',
  })
  const probed = { ...until, until: undefined }
  assert.deepEqual(startNow({ ...up, may: probed, kept: true }), { type: 'wait', for: 'probe' })
})

test('no more goes than its rates allow', () => {
  assert.deepEqual(startNow({ ...up, waiting: 99, allowance: 3 }), { type: 'begin', count: 3 })
  for (const may of [up.may, { type: 'one' } as const]) {
    assert.deepEqual(startNow({ ...up, may, allowance: 0.5 }), { type: 'wait', for: 'rate' })
  }
})

test('what is paused is put off without a place: nothing of it is tried', () => {
  const may = { type: 'none', by: 'pause', until: Infinity, because: 'x' } as const
  const { type: _none, ...putOff } = may
  assert.deepEqual(startNow({ ...up, may, free: 0 }), { type: 'put-off', ...putOff })
})
