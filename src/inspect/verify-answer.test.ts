import assert from 'node:assert/strict'
import { test } from 'node:test'
import { octetsOf } from '../base/octets.ts'
import { formatDkimRecord, generateDkimKey, signDkim } from '../dkim/dkim.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { answerVerifyRequest, type VerifyAnswer, type EvidenceSources } from './verify-answer.ts'
import { readVerifyRequest } from './verify-request.ts'

const { privateKey, publicKey } = generateDkimKey('ed25519')
const now = 1_700_000_000
const plain =
  'From: Ann <ann@north.example>\r\nTo: bob@south.example\r\nSubject: x\r\n\r\nHello.\r\n'
const keys = [{ domain: 'north.example', selector: 'e1', privateKey }]
const signed = signDkim(octetsOf(plain), { keys, now }).join('') + plain

const dns: Zone = {
  'north.example': { TXT: ['v=spf1 ip4:198.51.100.7 -all exp=why.north.example'] },
  'why.north.example': { TXT: ['%{i} is not ours'] },
  '_dmarc.north.example': { TXT: ['v=DMARC1; p=reject; t=y'] },
  'e1._domainkey.north.example': { TXT: [formatDkimRecord({ type: 'ed25519', publicKey })] },
}
const sender = { ip: '198.51.100.7', helo: 'mx.north.example', mailFrom: 'ann@north.example' }
const message = base64(signed)

function base64(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64')
}

const world: EvidenceSources = {
  resolver: () => new MemoryResolver({ ...dns, 'real.example': { TXT: ['v=spf1 +all'] } }),
  receiver: 'mx.south.example',
  now: () => now,
}

function answer(request: Readonly<Record<string, unknown>>): Promise<VerifyAnswer> {
  const read = readVerifyRequest(request)
  assert.ok(read.ok, JSON.stringify(read))
  return answerVerifyRequest(read.value, world)
}

test('a whole message has all parts', async () => {
  assert.deepEqual(await answer({ id: 'a', message, ...sender, dns }), {
    id: 'a',
    spf: { result: 'pass', domain: 'north.example' },
    dkim: [{ result: 'pass', domain: 'north.example', selector: 'e1' }],
    arc: { result: 'none' },
    dmarc: {
      result: 'pass',
      policy: 'reject',
      disposition: 'quarantine',
      orgDomain: 'north.example',
      spfAligned: true,
      dkimAligned: true,
    },
    authenticationResults:
      'mx.south.example; spf=pass smtp.mailfrom=ann@north.example; ' +
      'dkim=pass header.d=north.example header.s=e1 header.a=ed25519-sha256; ' +
      'dmarc=pass header.from=north.example policy.dmarc=quarantine',
  })
})

test('a forged one says why each part fails', async () => {
  const forged = base64(signed.replace('Hello.', 'Hallo.'))
  const { spf, dkim, dmarc } = await answer({ message: forged, ...sender, ip: '203.0.113.9', dns })
  const explanation = '203.0.113.9 is not ours'
  assert.deepEqual(spf, { result: 'fail', domain: 'north.example', explanation })
  const reason = 'body-hash-mismatch'
  const signature = { domain: 'north.example', selector: 'e1' }
  assert.deepEqual(dkim, [{ result: 'fail', ...signature, reason }])
  assert.deepEqual([dmarc?.result, dmarc?.spfAligned], ['fail', false])
})

test('a signature that cannot be read has neither domain nor selector', async () => {
  const broken = base64(`DKIM-Signature: v=1; d\r\n${plain}`)
  const { dkim } = await answer({ message: broken, dns })
  const reason = 'signature-syntax'
  assert.deepEqual(dkim, [{ result: 'permerror', domain: null, selector: null, reason }])
})

test('without an address SPF is left out, and DMARC rests on DKIM', async () => {
  const found = await answer({ message, dns })
  assert.equal('spf' in found, false)
  assert.deepEqual([found.dmarc?.result, found.dmarc?.spfAligned], ['pass', false])
  assert.doesNotMatch(found.authenticationResults, /spf=/)
})

test('only the parts that were asked for are there', async () => {
  assert.deepEqual(Object.keys(await answer({ spf: sender, dns })), [
    'id',
    'spf',
    'authenticationResults',
  ])
  const dmarc = { from: 'ann@north.example', spf: null, dkim: [] }
  assert.deepEqual(Object.keys(await answer({ dmarc, dns })), [
    'id',
    'dmarc',
    'authenticationResults',
  ])
})

test('where no policy is known there is none', async () => {
  const { dmarc } = await answer({ dmarc: { from: 'a@other.example' }, dns })
  assert.deepEqual(dmarc, {
    result: 'none',
    policy: null,
    disposition: null,
    orgDomain: 'other.example',
    spfAligned: false,
    dkimAligned: false,
  })
})

test('a request without DNS asks the real one', async () => {
  const request = { spf: { ip: '192.0.2.1', helo: '', mailFrom: 'a@real.example' } }
  assert.equal((await answer(request)).spf?.result, 'pass')
  assert.equal((await answer({ ...request, dns: {} })).spf?.result, 'none')
})

test('the time of the request decides about expiry, else the clock', async () => {
  const expiring =
    signDkim(octetsOf(plain), { keys, now, expiresAfterSeconds: 60 }).join('') + plain
  const reasons = [now + 60, now + 61, undefined].map(async (at) => {
    const request = { message: base64(expiring), dns }
    const { dkim } = await answer(at === undefined ? request : { ...request, now: at })
    return dkim?.[0]?.reason
  })
  assert.deepEqual(await Promise.all(reasons), [undefined, 'expired', undefined])
})

const shapeless = ['', '\r\n', 'From', 'From: a@b\r\nX', '\r\nbody', `${'x'.repeat(5000)}\r\n`]
for (const text of shapeless) {
  test(`the message ${JSON.stringify(text.slice(0, 20))} has an answer`, async () => {
    const found = await answer({ message: base64(text), ...sender, dns })
    assert.deepEqual(found.dkim, [])
    assert.match(found.dmarc?.result ?? '', /^(?:permerror|none)$/)
  })
}
