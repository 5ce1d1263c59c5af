import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseForwardPath } from '../address/path.ts'
import type { AskedFor } from '../receive/recipient.ts'
import { Greylist, greylisting } from './greylist.ts'

const letter = { ip: '192.0.2.10', mailFrom: 'x@north.example', rcptTo: 'y@south.example' }

test('who is new waits until the delay is over, and never again', () => {
  const list = new Greylist({ delayMs: 1000 })
  const at = (now: number): boolean => list.mustWait({ ...letter, now })
  assert.deepEqual([at(5000), at(5999), at(6000), at(99_000)], [true, true, false, false])
})

test('a sender is known by network, sender and recipient, without case', () => {
  const list = new Greylist({ delayMs: 1000 })
  const knows = (change: Partial<typeof letter>): boolean => {
    return !list.mustWait({ ...letter, ...change, now: 2000 })
  }
  list.mustWait({ ...letter, now: 0 })
  list.mustWait({ ...letter, ip: '2001:db8:1:2:3::4', now: 0 })
  list.mustWait({ ...letter, ip: '2001:db8::1', now: 0 })
  assert.ok(knows({ ip: '192.0.2.250' }), 'the same /24')
  assert.ok(knows({ ip: '::ffff:192.0.2.7' }), 'the same, as a listener on :: sees it')
  assert.ok(knows({ mailFrom: 'X@North.example', rcptTo: 'Y@South.example' }))
  assert.ok(knows({ ip: '2001:db8:1:2:ffff::1' }), 'the same /64')
  assert.ok(knows({ ip: '2001:db8::2' }), 'the same /64, written short')
  assert.ok(!knows({ ip: '192.0.3.10' }))
  assert.ok(!knows({ ip: '2001:db8:1:3::4' }))
  assert.ok(!knows({ mailFrom: 'z@north.example' }))
  assert.ok(!knows({ rcptTo: 'z@south.example' }))
})

test('of too many senders the one that came first is forgotten', () => {
  const list = new Greylist({ delayMs: 1000, maxEntries: 2 })
  const at = (mailFrom: string, now: number): boolean => {
    return list.mustWait({ ...letter, mailFrom, now })
  }
  for (const sender of ['a', 'b', 'c']) assert.ok(at(sender, 0))
  assert.deepEqual([at('b', 2000), at('c', 2000)], [false, false])
  assert.equal(at('a', 2000), true, 'forgotten, so it is new')
})

test('strangers come twice, users and who writes to the postmaster do not', async () => {
  let now = 0
  const admission = greylisting(new Greylist({ delayMs: 60_000 }), () => now)
  const code = async (address: string, asked: Partial<AskedFor> = {}): Promise<unknown> => {
    const path = parseForwardPath(`<${address}>`)
    assert.ok(path.ok)
    const stranger = { by: 'stranger', ip: '192.0.2.10', mailFrom: 'x@north.example' } as const
    const lead = { type: 'mailbox', accounts: [{ id: 'a', address: 'a' }] } as const
    return (await admission.refusal({ path: path.value, ...stranger, ...asked }, lead))?.code
  }
  const ann = 'ann@south.example'
  assert.equal(await code(ann), 451)
  assert.equal(await code(ann, { by: 'user' }), undefined)
  assert.equal(await code('postmaster'), undefined)
  now = 60_000
  assert.equal(await code(ann), undefined)
  assert.equal(await code(ann, { ip: '192.0.3.10' }), 451, 'another network')
  assert.equal(await code(ann, { mailFrom: 'y@north.example' }), 451)
  assert.equal(await code('info@south.example'), 451, 'another recipient')
})
