import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Step } from '../journey/steps.ts'
import { complainsFor, isForSender, namedIn, vouchedFor } from './sent-letter.ts'

const taken = { recipient: 'Ann@north.example', host: 'mx1.mail.example', ip: '192.0.2.10' }

/** No more of a step than is looked at. */
function proof(type: 'iprev' | 'spf', result: string, name: string): Step {
  return { type, verdict: { result, name, domain: name, identity: 'helo' } } as unknown as Step
}

/** The envelope of a report as RFC 3464 wants it. */
function from(ip: string): { readonly ip: string; readonly mailFrom: string } {
  return { ip, mailFrom: '' }
}

test('a recipient is named by either address, in any case, and by no other', () => {
  const other = { ...taken, recipient: 'ben@north.example' }
  const all = [taken, other, { ...taken, recipient: 'eve@north.example' }]
  assert.deepEqual(namedIn(all, ['x@y.example', 'ann@NORTH.example']), [taken])
  assert.deepEqual(namedIn(all, ['Ben@north.example', 'ann@NORTH.example']), [taken, other])
  assert.deepEqual(namedIn([taken], [undefined, 'ann@south.example', '']), [])
  assert.deepEqual(namedIn([taken], []), [])
})

test('the server that took it vouches for a report, and so does a proved name beside it', () => {
  assert.equal(vouchedFor(taken, from('192.0.2.10'), []), true)
  assert.equal(vouchedFor({ ...taken, ip: '' }, from(''), []), false)
  for (const [step, wanted] of [
    [proof('iprev', 'pass', 'out7.mail.example'), true],
    [proof('iprev', 'fail', 'out7.mail.example'), false],
    [proof('spf', 'pass', 'bounces.north.example'), true],
    [proof('spf', 'softfail', 'bounces.north.example'), false],
    [proof('spf', 'pass', 'othermail.example'), false],
    [proof('spf', 'pass', 'mail.example.attacker.example'), false],
  ] as const) {
    assert.equal(vouchedFor(taken, from('203.0.113.1'), [step]), wanted, JSON.stringify(step))
  }
  // A public suffix of two labels is nobody's proof.
  const british = { ...taken, host: 'mx.north.co.uk', recipient: 'a@north.co.uk' }
  assert.equal(vouchedFor(british, from(''), [proof('spf', 'pass', 'south.co.uk')]), false)
  assert.equal(vouchedFor(british, from(''), [proof('spf', 'pass', 'out.north.co.uk')]), true)
})

for (const [recipient, host, name, isVouched] of [
  ['bob@gmx.net', 'mx00.gmx.net', 'mout.gmx.net', true],
  ['bob@web.de', 'mx-ha02.web.de', 'mout.web.de', true],
  ['bob@aol.com', 'mx.aol.com', 'bounce.aol.com', true],
  ['bob@club.asso.fr', 'mx.club.asso.fr', 'out.club.asso.fr', true],
  ['bob@club.asso.fr', 'mx.club.asso.fr', 'mx.evil.asso.fr', false],
  ['bob@a.github.io', 'mx.a.github.io', 'evil.github.io', false],
  ['bob@x.example', 'vm1.cloudapp.net', 'evil.cloudapp.net', false],
  ['bob@github.io', 'mx.y.example', 'evil.github.io', false],
  // A server on a socket of this machine has no name, and an address literal is none.
  ['bob@[192.0.2.1]', '/run/dovecot/lmtp', '', false],
] as const) {
  test(`a report of ${name || 'nobody'} about ${recipient} counts: ${isVouched}`, () => {
    const one = { recipient, host, ip: '192.0.2.1' }
    for (const type of ['iprev', 'spf'] as const) {
      assert.equal(
        vouchedFor(one, from('203.0.113.9'), [proof(type, 'pass', name)]),
        isVouched,
        type,
      )
    }
  })
}

test('a report with a sender counts for nothing, whatever else is proved', () => {
  const envelope = { ip: taken.ip, mailFrom: 'eve@north.example' }
  const spf = proof('spf', 'pass', 'north.example')
  assert.equal(vouchedFor(taken, envelope, [spf, proof('iprev', 'pass', taken.host)]), false)
  const ofUser = {
    type: 'spf',
    verdict: { result: 'pass', domain: 'north.example', identity: 'mailfrom' },
  }
  assert.equal(vouchedFor(taken, from('203.0.113.1'), [ofUser as unknown as Step]), false)
})

for (const [author, domain, wanted] of [
  ['ann@north.example', 'north.example', 'proved'],
  ['ANN@North.example', 'north.example', 'proved'],
  ['fbl@north.example', 'north.example', 'proved'],
  ['feedback@arf.mail.example', 'arf.mail.example', 'proved'],
  ['abuse@mail.example', 'mail.example', 'proved'],
  ['eve@north.example', 'north.example', 'unproved'],
  ['eve@evil.example', 'evil.example', 'unproved'],
  ['fbl@evil.example', 'evil.example', 'unproved'],
  ['fbl@north.example, eve@evil.example', 'evil.example', 'unproved'],
  ['fbl@north.example', 'evil.example', 'unproved'],
  ['ann@north.example', 'evil.example', 'unproved'],
  ['', 'north.example', 'unproved'],
  ['fbl@north.example', undefined, 'nobody'],
] as const) {
  test(`a complaint of ${author || 'nobody'}, proved for ${domain ?? 'nobody'}, is ${wanted}`, () => {
    const result = domain === undefined ? 'fail' : 'pass'
    const step = { type: 'dmarc', verdict: { result, authorDomain: domain ?? 'north.example' } }
    assert.equal(complainsFor(taken, author, [step as unknown as Step]), wanted)
  })
}

test('a complaint belongs to the sender of the letter, or to who answers for the domain', () => {
  for (const [to, wanted] of [
    ['User@south.example', true],
    ['postmaster@south.example', true],
    ['Abuse@SOUTH.example', true],
    ['other@south.example', false],
    ['abuse@west.example', false],
  ] as const) {
    assert.equal(isForSender([to], 'User@south.example'), wanted, to)
  }
})
