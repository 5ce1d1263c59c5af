import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type StsMode, type StsPolicy, checkMx } from './policy.ts'
import { matchesMx, readMxPattern } from './mx-pattern.ts'

// RFC 8461 §4.1.
const matches: readonly (readonly [string, string, boolean])[] = [
  ['*.example.com', 'mail.example.com', true],
  ['*.example.com', 'example.com', false],
  ['*.example.com', 'foo.bar.example.com', false],
  ['*.example.com', '.example.com', false],
  ['*.example.com', '*.example.com', false],
  ['*.example.com', 'mailexample.com', false],
  ['*.example.com', 'mail.example.com.evil.example', false],
  ['*.example.com', 'MAIL.EXAMPLE.COM.', true],
  ['*.example.com', 'mail.example.com..', false],
  ['*.example.com', 'xn--bcher-kva.example.com', true],
  ['*.example.com', 'mail_1.example.com', true],
  ['*.com', 'example.com', true],
  ['*.com', 'com', false],
  ['*.com', 'mail.example.com', false],
  ['mail.example.com', 'mail.example.com', true],
  ['mail.example.com', 'Mail.Example.Com', true],
  ['Mail.Example.Com', 'mail.example.com', true],
  ['mail.example.com', 'mail.example.com.', true],
  ['mail.example.com.', 'mail.example.com', true],
  ['mail.example.com', 'example.com', false],
  ['mail.example.com', 'a.mail.example.com', false],
  ['mail.example.com', 'mail.example.co', false],
  ['example.com', 'mail.example.com', false],
  ['xn--bcher-kva.example', 'bücher.example', true],
  ['xn--bcher-kva.example', 'XN--BCHER-KVA.example', true],
  ['mail.example.com', '', false],
  ['mail.example.com', '.', false],
  ['*.example.com', '', false],
  ['*.', 'example.', false],
  ['*', 'example', false],
  ['', '', false],
]

for (const [pattern, host, expected] of matches) {
  test(`${pattern} ${expected ? 'allows' : 'does not allow'} "${host}"`, () => {
    assert.equal(matchesMx(pattern, host), expected)
  })
}

test('every short name is matched as comparing label by label would', () => {
  const names: string[] = []
  const walk = (labels: readonly string[]): void => {
    if (labels.length > 0) names.push(labels.join('.'))
    if (labels.length < 4) for (const one of ['a', 'b', 'A']) walk([...labels, one])
  }
  walk([])
  const oracle = (pattern: string, host: string): boolean => {
    const wanted = pattern.toLowerCase().split('.')
    const got = host.toLowerCase().split('.')
    if (wanted.length !== got.length) return false
    return wanted.every((label, i) => (i === 0 && label === '*') || label === got[i])
  }
  for (const name of names) {
    for (const pattern of [name, `*.${name}`]) {
      for (const host of names) {
        assert.equal(matchesMx(pattern, host), oracle(pattern, host), `${pattern} ${host}`)
      }
    }
  }
})

const long = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`
const patterns: readonly (readonly [string, string | undefined])[] = [
  ['mail.example.com', 'mail.example.com'],
  ['MAIL.Example.com', 'mail.example.com'],
  ['*.Example.com', '*.example.com'],
  ['*.com', '*.com'],
  ['localhost', 'localhost'],
  ['1.2.3.4', '1.2.3.4'],
  ['a--b.example', 'a--b.example'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  [long, long],
  [`*.${long}`, `*.${long}`],
  [`${long}a`, undefined],
  [`${'a'.repeat(64)}.example`, undefined],
  ['', undefined],
  ['*', undefined],
  ['*.', undefined],
  ['.', undefined],
  ['*.*.example', undefined],
  ['**.example', undefined],
  ['a*.example', undefined],
  ['a.*.example', undefined],
  ['*example', undefined],
  ['.example.com', undefined],
  ['a..example', undefined],
  ['example.com.', undefined],
  ['-a.example', undefined],
  ['a-.example', undefined],
  ['a_b.example', undefined],
  ['a b.example', undefined],
  ['[192.0.2.1]', undefined],
  ['[IPv6:2001:db8::1]', undefined],
  ['bücher.example', undefined],
  ['mail.example.com,mx.example.com', undefined],
]

for (const [text, expected] of patterns) {
  const how = expected === undefined ? 'no pattern' : 'a pattern'
  test(`${how}: "${text.slice(0, 40)}"`, () => assert.equal(readMxPattern(text), expected))
}

test('whatever the two texts are, matching answers, and never allows a host by an empty label', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (pattern, host) => {
      assert.equal(typeof matchesMx(pattern, host), 'boolean')
      assert.equal(matchesMx('*.example.com', `${host}.example.com`) && host === '', false)
      const read = readMxPattern(pattern)
      if (read !== undefined) assert.equal(readMxPattern(read), read)
    }),
  )
})

function policy(mode: StsMode, mx: readonly string[]): StsPolicy {
  return { mode, mx, maxAgeSeconds: 1, unknown: [], repeated: [], lines: [] }
}

// RFC 8461 §5.
test('a host that no pattern allows gets no mail in mode enforce, and a report in mode testing', () => {
  const mx = ['mail.example.com', '*.example.net']
  for (const mode of ['enforce', 'testing'] as const) {
    assert.deepEqual(checkMx(policy(mode, mx), 'MX.example.net.'), {
      result: 'match',
      mxHost: 'MX.example.net.',
      pattern: '*.example.net',
    })
    assert.deepEqual(checkMx(policy(mode, mx), 'mx.evil.example'), {
      result: 'mismatch',
      mxHost: 'mx.evil.example',
      enforced: mode === 'enforce',
    })
  }
})

test('a policy of mode none asks for nothing, whatever it lists', () => {
  assert.deepEqual(checkMx(policy('none', ['mail.example.com']), 'mx.evil.example'), {
    result: 'no-policy',
    mxHost: 'mx.evil.example',
  })
})
