import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUtf8, octetsOf } from '../base/octets.ts'
import { Outbox } from './engine.ts'

type Own = { readonly type: 'ask' } | { readonly type: 'line'; readonly text: string }

test('lines leave in one piece, in front of what stands behind them', () => {
  const out = new Outbox<Own>()
  out.sendLine('250-mx')
  out.note({ type: 'line', text: '250-mx' })
  out.sendLine('250 Grüße')
  out.push({ type: 'ask' })
  out.sendOctets(octetsOf('x'))
  out.sendOctets(octetsOf(''))
  out.sendLine('221 Goodbye')
  assert.deepEqual(out.take(), [
    { type: 'line', text: '250-mx' },
    { type: 'send', octets: encodeUtf8('250-mx\r\n250 Grüße\r\n') },
    { type: 'ask' },
    { type: 'send', octets: octetsOf('x') },
    { type: 'send', octets: octetsOf('221 Goodbye\r\n') },
  ])
  assert.deepEqual(out.take(), [], 'and all of it once')
})

test('of several wishes for time the last is given, and behind all else', () => {
  const out = new Outbox<Own>()
  out.wake(1)
  out.wake(2)
  out.push({ type: 'ask' })
  assert.deepEqual(out.take(), [{ type: 'ask' }, { type: 'wake', afterMs: 2 }])
  assert.deepEqual(out.take(), [])
  out.wake(3)
  out.forgetWake()
  assert.deepEqual(out.take(), [])
})

test('whether to read is told when it has changed, and once', () => {
  const out = new Outbox<Own>()
  out.read(true)
  assert.deepEqual(out.take(), [], 'it begins with reading')
  out.read(false)
  out.read(true)
  assert.deepEqual(out.take(), [])
  out.push({ type: 'ask' })
  out.read(false)
  out.wake(1)
  assert.deepEqual(out.take(), [
    { type: 'read', wanted: false },
    { type: 'ask' },
    { type: 'wake', afterMs: 1 },
  ])
  assert.deepEqual(out.take(), [])
  out.read(true)
  assert.deepEqual(out.take(), [{ type: 'read', wanted: true }])
})
