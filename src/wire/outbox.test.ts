import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUtf8 } from '../base/utf8.ts'
import { octetsOf } from '../base/octets.ts'
import { Outbox } from './outbox.ts'

test('lines leave in one piece, in front of what stands behind them', () => {
  const out = new Outbox<{ readonly type: 'ask' }>()
  out.sendLine('server', '250-mx')
  out.sendLine('server', '250 Grüße', '250 (hidden)')
  out.received('client', 'NOOP')
  out.push({ type: 'ask' })
  out.sendOctets(octetsOf('x'))
  out.sendOctets(octetsOf(''))
  out.sendLine('server', '221 Goodbye')
  assert.deepEqual(out.take(), [
    { type: 'line', from: 'server', text: '250-mx' },
    { type: 'line', from: 'server', text: '250 (hidden)' },
    { type: 'line', from: 'client', text: 'NOOP' },
    { type: 'send', octets: encodeUtf8('250-mx\r\n250 Grüße\r\n') },
    { type: 'ask' },
    { type: 'send', octets: octetsOf('x') },
    { type: 'line', from: 'server', text: '221 Goodbye' },
    { type: 'send', octets: octetsOf('221 Goodbye\r\n') },
  ])
  assert.deepEqual(out.take(), [], 'and all of it once')
})

test('of several wishes for time the last is given, and behind all else', () => {
  const out = new Outbox<{ readonly type: 'ask' }>()
  out.wake(1)
  out.wake(2)
  out.push({ type: 'ask' })
  assert.deepEqual(out.take(), [{ type: 'ask' }, { type: 'wake', afterMs: 2 }])
  assert.deepEqual(out.take(), [])
  out.wake(3)
  out.forgetWake()
  assert.deepEqual(out.take(), [])
})
