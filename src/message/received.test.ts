import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { encodeUtf8 } from '../base/octets.ts'
import { unfoldedValue } from './field.ts'
import { splitMessage } from './header-reader.ts'
import { countReceived, formatReceived, protocolKeyword, type ReceivedFacts } from './received.ts'

const facts: ReceivedFacts = {
  from: { helo: 'mx.north.example', ip: '192.0.2.10', verifiedName: 'mail.north.example' },
  by: 'mx.south.example',
  protocol: { extended: true, tls: true, authenticated: false, utf8: false },
  tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
  id: '01jd7q4m3kxw2v0a',
  for: 'receiver@south.example',
  now: Date.UTC(2026, 10, 23, 18, 29, 7),
}

function withoutKeys(...keys: readonly (keyof ReceivedFacts)[]): ReceivedFacts {
  const copy: { -readonly [K in keyof ReceivedFacts]: ReceivedFacts[K] } = { ...facts }
  for (const key of keys) delete copy[key]
  return copy
}

test('a hop over TLS is written in full', () => {
  assert.equal(
    formatReceived(facts),
    'Received: from mx.north.example (mail.north.example [192.0.2.10])\r\n' +
      ' by mx.south.example (Waybill) with ESMTPS\r\n' +
      ' (TLSv1.3 TLS_AES_256_GCM_SHA384) id 01jd7q4m3kxw2v0a\r\n' +
      ' for <receiver@south.example>; Mon, 23 Nov 2026 18:29:07 +0000\r\n',
  )
})

test('without TLS, a verified name or a single recipient, these parts are left out', () => {
  const plain: ReceivedFacts = {
    ...withoutKeys('tls', 'for'),
    from: { helo: '[192.0.2.10]', ip: '2001:db8::1' },
    protocol: { extended: false, tls: false, authenticated: false, utf8: false },
    offsetMinutes: 60,
  }
  assert.equal(
    formatReceived(plain),
    'Received: from [192.0.2.10] ([IPv6:2001:db8::1])\r\n' +
      ' by mx.south.example (Waybill) with SMTP\r\n' +
      ' id 01jd7q4m3kxw2v0a; Mon, 23 Nov 2026 19:29:07 +0100\r\n',
  )
})

test('the interface behind a link-local address is no part of the address', () => {
  const field = formatReceived({
    ...withoutKeys('tls', 'for'),
    from: { helo: 'a.example', ip: 'fe80::640e:e8ff:fed0:90e5%vfeed0' },
  })
  assert.ok(field.includes(' ([IPv6:fe80::640e:e8ff:fed0:90e5])\r\n'), field)
})

test('mail made here names no client and no protocol', () => {
  assert.equal(
    formatReceived(withoutKeys('from', 'protocol', 'tls')),
    'Received: by mx.south.example (Waybill)\r\n' +
      ' id 01jd7q4m3kxw2v0a\r\n' +
      ' for <receiver@south.example>; Mon, 23 Nov 2026 18:29:07 +0000\r\n',
  )
})

test('a client without a valid name is called by its address', () => {
  const text = formatReceived({ ...facts, from: { helo: 'a) by b (\r\nX: y', ip: '192.0.2.10' } })
  assert.match(
    text,
    /^Received: from \[192\.0\.2\.10\] \(\[192\.0\.2\.10\]\) \(it said a\? by b \?\r?\n? ?X: y\)/,
  )
})

test('the keyword says what was spoken (RFC 3848, RFC 6531)', () => {
  const words: string[] = []
  for (const utf8 of [false, true]) {
    for (const tls of [false, true]) {
      for (const authenticated of [false, true]) {
        words.push(protocolKeyword({ extended: true, tls, authenticated, utf8 }))
      }
    }
  }
  assert.deepEqual(words, [
    'ESMTP',
    'ESMTPA',
    'ESMTPS',
    'ESMTPSA',
    'UTF8SMTP',
    'UTF8SMTPA',
    'UTF8SMTPS',
    'UTF8SMTPSA',
  ])
  assert.equal(
    protocolKeyword({ extended: false, tls: true, authenticated: true, utf8: true }),
    'SMTP',
  )
})

test('Received fields are counted whatever their case', () => {
  const message =
    'Received: a\r\nRECEIVED: b\r\nX-Received: c\r\nreceived : d\r\n\r\nReceived: no\r\n'
  assert.equal(countReceived(splitMessage(encodeUtf8(message)).header.fields), 3)
})

test('no text of a stranger gets out of its place (property)', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc
      .array(fc.constantFrom('(', ')', '\\', '"', '<', '>', ';', '\r\n', 'a', ' ', '[', ']', ':'))
      .map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(text, text, text, text, (helo, name, path, cipher) => {
      const field = formatReceived({
        ...facts,
        from: { helo, ip: '192.0.2.10', verifiedName: name },
        for: path,
        tls: { version: 'TLSv1.3', cipher },
      })
      const { header } = splitMessage(encodeUtf8(`${field}\r\n`))
      assert.equal(header.fields.length, 1)
      const [only] = header.fields
      assert.ok(only)
      const value = unfoldedValue(only)
      // The brackets are balanced and never nested: nobody closed one of ours or opened another.
      let depth = 0
      for (const character of value.replace(/ for <[^>]*>/, '')) {
        if (character === '(') assert.equal(++depth, 1)
        if (character === ')') assert.equal(--depth, 0)
      }
      assert.equal(depth, 0)
      assert.match(value, /; Mon, 23 Nov 2026 18:29:07 \+0000$/)
      assert.match(value, / by mx\.south\.example \(Waybill\) with ESMTPS/)
    }),
  )
})
