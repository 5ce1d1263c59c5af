import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatMailbox, parseMailbox } from '../address/mailbox.ts'
import { parseReversePath } from '../address/path.ts'
import { type SrsReversed, type SrsOptions, srsForward, srsReverse } from './srs.ts'

const dayMs = 86_400_000
/** 2020-01-01 00:01:00 UTC, as in postsrsd's own tests. */
const now = 1_577_836_860_000
const options = { secret: 'tops3cr3t', domain: 'example.com', now }

/** The rewritten address of a sender that can be rewritten. */
function forward(sender: string, by: SrsOptions = options): string {
  return srsForward(sender, by) ?? assert.fail(`${sender} cannot be rewritten`)
}

/** Undoes a whole address, as a server does that was given it in RCPT. */
function undo(address: string, days = 0): SrsReversed {
  const path = parseReversePath(`<${address}>`)
  assert.ok(path.ok && path.value.type === 'mailbox', address)
  return srsReverse(path.value.mailbox.localPart, { ...options, now: now + days * dayMs })
}

/** What postsrsd makes of these with that secret on that day. */
test('an address is rewritten as postsrsd does', () => {
  const rewritten = 'SRS0=vmyz=2W=otherdomain.com=test@example.com'
  assert.equal(forward('test@otherdomain.com', options), rewritten)
  assert.deepEqual(srsReverse('SRS0=vmyz=2W=otherdomain.com=test', options), {
    type: 'sender',
    address: 'test@otherdomain.com',
  })
})

test('what another forwarder rewrote is kept, and does not grow with each of them', () => {
  const first = forward('SRS0=opaque+string@forwarder.example', options)
  assert.match(first, /^SRS1=[\w+/]{4}=forwarder\.example==opaque\+string@example\.com$/)
  const second = forward(first, { ...options, domain: 'second.example', secret: 'other' })
  assert.match(second, /^SRS1=[\w+/]{4}=forwarder\.example==opaque\+string@second\.example$/)
  // Whoever is asked last sends it to the first forwarder, who knows what is in it.
  const back = srsReverse(second.split('@')[0] ?? '', { secret: 'other', now })
  assert.deepEqual(back, { type: 'sender', address: 'SRS0=opaque+string@forwarder.example' })
})

const local = forward('ann@north.example', options).split('@')[0] ?? ''

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
  const made = forward('ann@north.example', { ...options, now: last })
  assert.match(made, /^SRS0=[^=]+=77=/)
  const [back = ''] = made.split('@')
  const after = (days: number): string => {
    return srsReverse(back, { ...options, now: last + days * dayMs }).type
  }
  assert.deepEqual([0, 1, 21, 22].map(after), ['sender', 'sender', 'sender', 'refused'])
  const next = forward('ann@north.example', { ...options, now: last + dayMs })
  assert.match(next, /^SRS0=[^=]+=AA=/)
})

test('another secret undoes nothing', () => {
  assert.deepEqual(srsReverse(local, { secret: 'another', now }), {
    type: 'refused',
    why: 'forged',
  })
})

/** Senders that need quotes, and what they become. */
const quoted: readonly (readonly [sender: string, made: RegExp])[] = [
  ['"jo w"@west.example', /^"SRS0=.{4}=2W=west\.example=jo w"@example\.com$/],
  ['"a@b"@west.example', /^"SRS0=.{4}=2W=west\.example=a@b"@example\.com$/],
  [String.raw`"a\"b\\c"@west.example`, /^"SRS0=.{4}=2W=west\.example=a\\"b\\\\c"@example\.com$/],
  ['"jo"@west.example', /^SRS0=.{4}=2W=west\.example=jo@example\.com$/],
  ['""@west.example', /^SRS0=.{4}=2W=west\.example=@example\.com$/],
  ['"jo."@west.example', /^"SRS0=.{4}=2W=west\.example=jo\."@example\.com$/],
  ['jo@[192.0.2.1]', /^"SRS0=.{4}=2W=\[192\.0\.2\.1\]=jo"@example\.com$/],
  ['jo@[IPv6:2001:db8::1]', /^"SRS0=.{4}=2W=\[IPv6:2001:db8::1\]=jo"@example\.com$/],
  ['jo@[x:a=b]', /^"SRS0=.{4}=2W=\[x:a=b\]=jo"@example\.com$/],
  ['"SRS0=ab=cd=x.example=jo w"@fwd.example', /^"SRS1=.{4}=fwd\.example==ab=cd=x\.example=jo w"@/],
  ['SRS0=ab@[x:a=b]', /^"SRS1=.{4}=\[x:a=b\]==ab"@/],
  ['j\u00f6rg@west.example', /^SRS0=.{4}=2W=west\.example=j\u00f6rg@example\.com$/],
]
for (const [sender, made] of quoted) {
  test(`${sender} is rewritten to a path that can be said, and comes back`, () => {
    const rewritten = forward(sender)
    assert.match(rewritten, made)
    const meant = parseMailbox(sender)
    assert.ok(meant.ok)
    assert.deepEqual(undo(rewritten), { type: 'sender', address: formatMailbox(meant.value) })
  })
}

test('a path of more than 254 octets is not made, a local part of more than 64 is (RFC 5321 §4.5.3.1)', () => {
  // "SRS0=HHHH=2W=" and "@example.com" are 25 octets, "=" is one more.
  const host = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.example`
  const fits = `${'x'.repeat(254 - 26 - host.length)}@${host}`
  assert.equal(forward(fits).length, 254)
  assert.deepEqual(undo(forward(fits)), { type: 'sender', address: fits })
  assert.equal(srsForward(`x${fits}`, options), undefined)
  assert.equal(srsForward(`SRS0=xxxx${fits}`, options), undefined)
  assert.equal(srsForward('no address', options), undefined)
  // A quote costs room, too.
  assert.equal(srsForward(`"${fits.replace('@', '"@').replace('x', ' ')}`, options), undefined)
  const verp = `bounces+12345678-0a1b-ann=far.example@em1234.news.example`
  assert.ok(forward(verp).lastIndexOf('@') > 64)
  assert.deepEqual(undo(forward(verp)), { type: 'sender', address: verp })
})

test('whatever the sender, it can be said and comes back, or is not rewritten', () => {
  const locals = fc.oneof(
    fc.stringMatching(/^[ -~]{0,60}$/),
    fc.stringMatching(/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,220}$/),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
  )
  const domains = fc.constantFrom('north.example', '[192.0.2.1]', '[IPv6:2001:db8::1]', '[x:a=b]')
  fc.assert(
    fc.property(locals, domains, fc.integer({ min: 0, max: 21 }), (localPart, domain, days) => {
      fc.pre(!/^srs[01][=+-]/i.test(localPart))
      const sender = `"${localPart.replace(/["\\]/g, '\\$&')}"@${domain}`
      const meant = parseMailbox(sender)
      fc.pre(meant.ok)
      const address = formatMailbox(meant.value)
      const made = srsForward(sender, options)
      if (made === undefined) assert.ok(Buffer.byteLength(address) > 254 - 40 - domain.length)
      else assert.deepEqual(undo(made, days), { type: 'sender', address })
    }),
  )
})

test('no text makes it throw', () => {
  fc.assert(fc.property(fc.string(), (text) => void srsReverse(`SRS0=${text}`, options)))
  fc.assert(fc.property(fc.string(), (text) => void srsReverse(`SRS1=${text}`, options)))
  fc.assert(fc.property(fc.string(), (text) => void srsForward(`SRS1=${text}@a.example`, options)))
})
