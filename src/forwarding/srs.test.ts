import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { srsForward, srsReverse } from './srs.ts'

const dayMs = 86_400_000
/** 2020-01-01 00:01:00 UTC, as in postsrsd's own tests. */
const now = 1_577_836_860_000
const options = { secret: 'tops3cr3t', domain: 'example.com', now }

/** What postsrsd makes of these with that secret on that day. */
test('an address is rewritten as postsrsd does', () => {
  const rewritten = 'SRS0=vmyz=2W=otherdomain.com=test@example.com'
  assert.equal(srsForward('test@otherdomain.com', options), rewritten)
  assert.deepEqual(srsReverse('SRS0=vmyz=2W=otherdomain.com=test', options), {
    type: 'sender',
    address: 'test@otherdomain.com',
  })
})

test('what another forwarder rewrote is kept, and does not grow with each of them', () => {
  const first = srsForward('SRS0=opaque+string@forwarder.example', options)
  assert.match(first, /^SRS1=[\w+/]{4}=forwarder\.example==opaque\+string@example\.com$/)
  const second = srsForward(first, { ...options, domain: 'second.example', secret: 'other' })
  assert.match(second, /^SRS1=[\w+/]{4}=forwarder\.example==opaque\+string@second\.example$/)
  // Whoever is asked last sends it to the first forwarder, who knows what is in it.
  const back = srsReverse(second.split('@')[0] ?? '', { secret: 'other', now })
  assert.deepEqual(back, { type: 'sender', address: 'SRS0=opaque+string@forwarder.example' })
})

const local = srsForward('ann@north.example', options).split('@')[0] ?? ''

/** A local part, days later, and what it means then. */
const reversals: readonly (readonly [text: string, days: number, type: string])[] = [
  [local, 0, 'sender'],
  [local, 21, 'sender'],
  [local, 22, 'expired'],
  [local, 1000, 'expired'],
  // One whose day is to come is none of ours.
  [local, -2, 'expired'],
  [local.toLowerCase(), 0, 'sender'],
  [local.toUpperCase(), 0, 'sender'],
  [local.replace('=ann', '=bob'), 0, 'forged'],
  [local.replace('north', 'south'), 0, 'forged'],
  [local.replace('=', '=x'), 0, 'forged'],
  [local.replace(/=..../, '=x'), 0, 'forged'],
  [local.replace('SRS0', 'SRS1'), 0, 'malformed'],
  ['SRS0=', 0, 'malformed'],
  ['SRS0=aaaa=2W=north.example', 0, 'malformed'],
  ['SRS0==2W=north.example=ann', 0, 'malformed'],
  ['SRS1=aaaa=north.example==x', 0, 'forged'],
  ['SRS1=aaaa=north.example=x', 0, 'malformed'],
  ['srs', 0, 'none'],
  ['ann', 0, 'none'],
  ['SRS0ann', 0, 'none'],
]
for (const [text, days, expected] of reversals) {
  test(`${text} after ${days} days: ${expected}`, () => {
    const back = srsReverse(text, { ...options, now: now + days * dayMs })
    assert.equal(back.type === 'refused' ? back.why : back.type, expected)
  })
}

test('the days begin anew after 1,024, and an address lives through that', () => {
  const last = (1024 * 18 - 1) * dayMs
  const made = srsForward('ann@north.example', { ...options, now: last })
  assert.match(made, /^SRS0=[^=]+=77=/)
  const [back = ''] = made.split('@')
  const after = (days: number): string => {
    return srsReverse(back, { ...options, now: last + days * dayMs }).type
  }
  assert.deepEqual([0, 1, 21, 22].map(after), ['sender', 'sender', 'sender', 'refused'])
  const next = srsForward('ann@north.example', { ...options, now: last + dayMs })
  assert.match(next, /^SRS0=[^=]+=AA=/)
})

test('another secret undoes nothing', () => {
  assert.deepEqual(srsReverse(local, { secret: 'another', now }), {
    type: 'refused',
    why: 'forged',
  })
})

test('whatever the sender, it comes back, and no text makes it throw', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,30}$/)
  fc.assert(
    fc.property(word, fc.integer({ min: 0, max: 21 }), (name, days) => {
      fc.pre(!/^srs[01][=+-]/i.test(name))
      const made = srsForward(`${name}@north.example`, options)
      const back = srsReverse(made.slice(0, made.lastIndexOf('@')), {
        ...options,
        now: now + days * dayMs,
      })
      assert.deepEqual(back, { type: 'sender', address: `${name}@north.example` })
    }),
  )
  fc.assert(fc.property(fc.string(), (text) => void srsReverse(`SRS0=${text}`, options)))
  fc.assert(fc.property(fc.string(), (text) => void srsForward(`SRS1=${text}@a.example`, options)))
})
