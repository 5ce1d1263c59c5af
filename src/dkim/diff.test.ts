import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { diffDkim, generateDkimKey, signDkim } from './dkim.ts'

const { privateKey } = generateDkimKey('ed25519')
const plain = [
  'Received: by a',
  'From: Sender <sender@north.example>',
  'To: one@south.example',
  'Subject: A letter',
  '',
  'Hello,',
  'this is a line that nobody should change, and it is long enough for an excerpt.',
  'Bye',
  '',
].join('\r\n')

function signed(): string {
  const keys = [{ domain: 'north.example', selector: 'e1', privateKey }]
  return signDkim(Buffer.from(plain), { keys, now: 1_700_000_000 }).join('') + plain
}

function diff(received: string) {
  const found = diffDkim(Buffer.from(signed(), 'latin1'), Buffer.from(received, 'latin1'))
  assert.equal(found.type, 'compared')
  // Plain data.
  assert.deepEqual(JSON.parse(JSON.stringify(found)), found)
  return found
}

test('what relaxed forgives is no difference', () => {
  const received = signed()
    .replace('Subject: A letter', 'SUBJECT:  A\r\n letter ')
    .replace('Hello,', 'Hello, \t')
  const found = diff(`Received: by b\r\n${received}\r\n\r\n`)
  assert.equal(found.signature, 'same')
  assert.deepEqual(found.fields, [])
  assert.equal(found.body, undefined)
})

test('a changed subject is shown with its first changed octet', () => {
  const found = diff(signed().replace('A letter', '[list] A letter'))
  assert.equal(found.fields.length, 1)
  assert.deepEqual(found.fields[0], {
    name: 'subject',
    fromBottom: 1,
    offset: 8,
    sent: { text: 'subject:A letter', at: 8, cutBefore: false, cutBehind: false },
    received: { text: 'subject:[list] A letter', at: 8, cutBefore: false, cutBehind: false },
  })
})

test('an added field that was over-signed, and a removed one, are shown as such', () => {
  const added = diff(signed().replace('From:', 'From: x@evil.example\r\nFrom:'))
  assert.deepEqual(
    added.fields.map((field) => [field.name, field.fromBottom, field.sent, field.received?.text]),
    [['from', 2, undefined, 'from:x@evil.example']],
  )
  const removed = diff(signed().replace('To: one@south.example\r\n', ''))
  assert.deepEqual(
    removed.fields.map((field) => [field.name, field.sent?.text, field.received]),
    [['to', 'to:one@south.example', undefined]],
  )
})

test('a changed body octet is shown with its line', () => {
  const { body } = diff(signed().replace('should change', 'should chanGe'))
  assert.equal(body?.line, 2)
  assert.equal(body.sent?.text.charAt(body.sent.at), 'g')
  assert.equal(body.received?.text.charAt(body.received.at), 'G')
  assert.equal(body.sentOctets, body.receivedOctets)
  assert.equal(body.sent.cutBehind, true)
})

test('a line of a body ends with CRLF alone', () => {
  const keys = [{ domain: 'north.example', selector: 'e1', privateKey }]
  const simple = { header: 'simple', body: 'simple' } as const
  const text = 'From: s@north.example\r\n\r\none\ntwo\rthree\r\nfour\r\n'
  const options = { keys, now: 1_700_000_000, canonicalization: simple }
  const sent = Buffer.from(signDkim(Buffer.from(text), options).join('') + text)
  const received = Buffer.from(sent.toString().replace('four', 'fouR'))
  const found = diffDkim(sent, received)
  assert.equal(found.type === 'compared' ? found.body?.line : found.type, 2)
})

test('a footer is a difference at the end of what was sent', () => {
  const { body } = diff(`${signed()}-- \r\na list\r\n`)
  assert.equal(body?.offset, body?.sentOctets)
  assert.equal(body?.sent?.at, body?.sent?.text.length)
  assert.match(body?.received?.text ?? '', /-- ?\r\na list/)
})

test('a signature that is gone or was changed is told', () => {
  assert.equal(diff(plain).signature, 'missing')
  assert.equal(diff(signed().replace('t=1700000000', 't=1700000001')).signature, 'changed')
})

test('without a readable signature in what was sent there is nothing to compare under', () => {
  assert.deepEqual(diffDkim(Buffer.from(plain), Buffer.from(plain)), { type: 'no-signature' })
  const broken = diffDkim(Buffer.from(`DKIM-Signature: x\r\n${plain}`), Buffer.from(plain))
  assert.equal(broken.type === 'no-signature' && broken.reason?.code, 'signature-syntax')
})

test('any change is compared without a throw, and no change is no difference', () => {
  const sent = Buffer.from(signed(), 'latin1')
  fc.assert(
    fc.property(fc.nat(sent.length - 1), fc.nat(255), (at, octet) => {
      const received = Buffer.from(sent)
      received[at] = octet
      const found = diffDkim(sent, received)
      assert.equal(found.type, 'compared')
      assert.equal(diffDkim(received, sent).type.length > 0, true)
    }),
  )
  const same = diff(signed())
  assert.deepEqual([same.signature, same.fields, same.body], ['same', [], undefined])
})

test('of a header that differs everywhere a hundred fields are shown', () => {
  const fields = (value: string): string =>
    Array.from({ length: 120 }, (_, i) => `X-${i}: ${value}\r\n`).join('')
  const letter = (value: string): Buffer => Buffer.from(fields(value) + plain, 'latin1')
  const keys = [{ domain: 'north.example', selector: 'e1', privateKey }]
  const signed = Array.from({ length: 120 }, (_, i) => `X-${i}`)
  const headerPolicy = { signed, oversigned: [] }
  const signature = signDkim(letter('a'), { keys, now: 1_700_000_000, headerPolicy }).join('')
  const [sent, received] = ['a', 'b'].map((value) =>
    Buffer.concat([Buffer.from(signature), letter(value)]),
  )
  const found = diffDkim(sent ?? Buffer.alloc(0), received ?? Buffer.alloc(0))
  assert.ok(found.type === 'compared')
  assert.equal(found.fields.length, 100)
})
