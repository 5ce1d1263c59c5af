import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JourneyRecord } from '../journey/record.ts'
import { Redactor } from './redact.ts'

const secret = new Uint8Array(32).fill(1)

/** What a record with this one text in its conversation comes to. */
function redacted(text: string, more: Partial<JourneyRecord['envelope']> = {}): string {
  const record = {
    id: '1',
    subject: 'Your quote',
    envelope: { ip: '192.0.2.1', helo: 'x', mailFrom: '', rcptTo: [], ...more },
    steps: [],
    conversation: [{ from: 'server', text, at: 0 }],
  }
  // Only what the redactor looks at.
  const hidden = new Redactor(secret).journey({ record: record as never, summary: '' })
  const { conversation, subject } = hidden.record as JourneyRecord
  assert.equal(subject, '')
  return conversation[0]?.text ?? ''
}

test('a local part is hidden however it is written, the same one alike, and its domain stays', () => {
  const anna = /^r-[0-9a-f]{10}$/
  const [, hash = ''] = /<(.*)@/.exec(redacted('MAIL FROM:<anna@north.example>')) ?? []
  assert.match(hash, anna)
  const cases: readonly (readonly [string, string])[] = [
    ['RCPT TO:<ANNA@north.example> NOTIFY=NEVER', `RCPT TO:<${hash}@north.example> NOTIFY=NEVER`],
    ['ORCPT=rfc822;anna+40north.example', `ORCPT=rfc822;${hash}+40north.example`],
    ['smtp.mailfrom=anna@north.example', `smtp.mailfrom=${hash}@north.example`],
    ['mailto:anna%40north.example', `mailto:${hash}%40north.example`],
    ['"anna"@north.example', `${hash}@north.example`],
    [
      '550 5.1.1 anna: no such user (anna@north.example)',
      `550 5.1.1 ${hash}: no such user (${hash}@north.example)`,
    ],
  ]
  for (const [written, hidden] of cases) assert.equal(redacted(written), hidden)
  assert.doesNotMatch(redacted('<bounce=anna=north.example@lists.example>'), /anna/)
  // Where a list, a forwarder or a sender of bounces puts one address into another.
  for (const path of [
    'bounce-anna=north.example@lists.example',
    'anna=north.example@forward.example',
    'SRS0=x1=tt=north.example=anna@forward.example',
    'prvs=1234anna=bob@north.example',
  ]) {
    assert.match(redacted(`MAIL FROM:<${path}>`), /^MAIL FROM:<r-[0-9a-f]{10}@[a-z.]+>$/)
    assert.match(redacted(`smtp.mailfrom=${path}`), /^smtp\.mailfrom=r-[0-9a-f]{10}@[a-z.]+$/)
  }
  assert.doesNotMatch(redacted('<"anna b"@north.example>'), /anna/)
})

test('a login without a domain and what macros of SPF made of a sender are hidden as well', () => {
  assert.doesNotMatch(redacted('235 2.7.0 anna is in', { login: 'anna' }), /anna/)
  const redactor = new Redactor(secret)
  const name = 'anna._spf.north.example'
  const envelope = { ip: '', helo: '', mailFrom: 'anna@north.example', rcptTo: [] }
  const record = { envelope, steps: [], conversation: [] }
  redactor.journey({ record: record as never, summary: '' })
  const fact = redactor.fact(JSON.stringify({ name, type: 'A', answer: { type: 'noName' } }))
  assert.match(fact, /"name":"r-[0-9a-f]{10}\._spf\.north\.example"/)
  // A name of hosts is nobody's.
  assert.match(redactor.fact('{"name":"mx.north.example"}'), /mx\.north\.example/)
})

test('another secret gives other hashes, so that bundles cannot be compared', () => {
  const hash = (seed: number): unknown => {
    return new Redactor(new Uint8Array(32).fill(seed)).fact('{"name":"anna@north.example"}')
  }
  assert.notEqual(hash(1), hash(2))
})
