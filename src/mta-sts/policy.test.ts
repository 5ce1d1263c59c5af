import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeUtf8 } from '../base/octets.ts'
import { maxPolicyOctets, readStsPolicy, type StsPolicy } from './policy.ts'

function read(text: string): StsPolicy {
  const parsed = readStsPolicy(encodeUtf8(text))
  assert.ok(parsed.ok, JSON.stringify([text, parsed]))
  assert.deepEqual(JSON.parse(JSON.stringify(parsed)), parsed, 'plain data')
  return parsed.value
}

function refused(octets: string | Uint8Array): string {
  const parsed = readStsPolicy(typeof octets === 'string' ? encodeUtf8(octets) : octets)
  if (parsed.ok) return 'read'
  const { reason, line } = parsed.problem
  return line === null ? reason : `${line} ${reason}`
}

const none = 'version: STSv1\nmode: none\nmax_age: 86400\n'

test('the example of RFC 8461 §3.2', () => {
  const lines = [
    'version: STSv1',
    'mode: enforce',
    'mx: mail.example.com',
    'mx: *.example.net',
    'mx: backupmx.example.com',
    'max_age: 604800',
  ]
  assert.deepEqual(read(lines.map((line) => `${line}\r\n`).join('')), {
    mode: 'enforce',
    mx: ['mail.example.com', '*.example.net', 'backupmx.example.com'],
    maxAgeSeconds: 604_800,
    unknown: [],
    repeated: [],
    lines,
  })
})

// RFC 8461 §3.2 and its grammar: what is read, or the line and the reason.
const policies: readonly (readonly [string, string])[] = [
  // Line ends.
  [none, 'read'],
  [none.trimEnd(), 'read'],
  [none.replaceAll('\n', '\r\n'), 'read'],
  [none.replace('\n', '\r\n'), 'read'],
  [none.trimEnd().replaceAll('\n', '\r'), '1 bad-value'],
  [`${none}\n`, '4 empty-line'],
  [`${none}\r\n`, '4 empty-line'],
  [`\n${none}`, '1 empty-line'],
  [none.replace('\n', '\n\n'), '2 empty-line'],
  [none.replace('\n', '\r\r\n'), '1 bad-value'],
  [`${none}x: y\r`, '4 bad-value'],
  ['\n', '1 empty-line'],
  ['', 'empty'],
  // White space.
  ['version:STSv1\nmode: \t none\nmax_age:0 \t ', 'read'],
  [` ${none}`, '1 not-a-field'],
  [`${none} `, '4 not-a-field'],
  [none.replace('mode:', 'mode :'), '2 not-a-field'],
  [none.replace('mode:', ' mode:'), '2 not-a-field'],
  [none.replace('none', 'no ne'), '2 bad-mode'],
  [`\ufeff${none}`, '1 not-a-field'],
  // Order, and fields that stand twice.
  ['max_age: 1\nmode: none\nversion: STSv1', 'read'],
  [`${none}version: STSv2\nmode: block\nmax_age: never`, 'read'],
  [`mode: block\n${none}`, '1 bad-mode'],
  [`max_age: never\n${none}`, '1 bad-max-age'],
  [`version: STSv2\n${none}`, '1 bad-version'],
  [`${none}mode:`, '4 bad-value'],
  // The version.
  [none.replace('STSv1', 'STSv10'), '1 bad-version'],
  [none.replace('STSv1', 'stsv1'), '1 bad-version'],
  [none.replace('version', 'Version'), 'missing-version'],
  [none.replace('version: STSv1\n', ''), 'missing-version'],
  // The mode.
  [none.replace('none', 'None'), '2 bad-mode'],
  [none.replace('none', 'report'), '2 bad-mode'],
  [none.replace('none', ''), '2 bad-value'],
  [none.replace('mode', 'MODE'), 'missing-mode'],
  [none.replace('mode: none\n', ''), 'missing-mode'],
  // The age.
  [none.replace('86400', '0'), 'read'],
  [none.replace('86400', '0000000001'), 'read'],
  [none.replace('86400', '31557600'), 'read'],
  [none.replace('86400', '31557601'), '3 bad-max-age'],
  [none.replace('86400', '9999999999'), '3 bad-max-age'],
  [none.replace('86400', '00000000001'), '3 bad-max-age'],
  [none.replace('86400', '-1'), '3 bad-max-age'],
  [none.replace('86400', '+1'), '3 bad-max-age'],
  [none.replace('86400', '1.5'), '3 bad-max-age'],
  [none.replace('86400', '1e3'), '3 bad-max-age'],
  [none.replace('86400', '0x10'), '3 bad-max-age'],
  [none.replace('86400', '1 day'), '3 bad-max-age'],
  [none.replace('86400', '١'), '3 bad-max-age'],
  [none.replace('max_age: 86400\n', ''), 'missing-max-age'],
  // The hosts.
  [none.replace('none', 'enforce'), 'missing-mx'],
  [none.replace('none', 'testing'), 'missing-mx'],
  [`${none.replace('none', 'enforce')}mx: *.example.com`, 'read'],
  [`${none.replace('none', 'enforce')}MX: *.example.com`, 'missing-mx'],
  [`${none}mx: mail.example.com`, 'read'],
  [`${none}mx: mail.example.com.`, '4 bad-mx'],
  [`${none}mx: a.example, b.example`, '4 bad-mx'],
  [`${none}mx: *`, '4 bad-mx'],
  [`${none}mx:`, '4 bad-mx'],
  [`${none}mx: bücher.example`, '4 bad-mx'],
  // Fields that nobody knows.
  [`${none}x: y`, 'read'],
  [`${none}x: a  b : = ; é \u{1f4a9} \u0080`, 'read'],
  [`${none}0_-.: y`, 'read'],
  [`${none}${'x'.repeat(32)}: y`, 'read'],
  [`${none}${'x'.repeat(33)}: y`, '4 not-a-field'],
  [`${none}é: y`, '4 not-a-field'],
  [`${none}_x: y`, '4 not-a-field'],
  [`${none}x y`, '4 not-a-field'],
  [`${none}: y`, '4 not-a-field'],
  [`${none}x:`, '4 bad-value'],
  [`${none}x: a\tb`, '4 bad-value'],
  [`${none}x: a\0b`, '4 bad-value'],
  [`${none}x: a\x7fb`, '4 bad-value'],
  ['<!DOCTYPE html>\n<html></html>\n', '1 not-a-field'],
]

for (const [text, expected] of policies) {
  test(`${expected}: ${JSON.stringify(text)}`, () => assert.equal(refused(text), expected))
}

test('what is ignored is named, and the first of a field counts', () => {
  const policy = read(`${none}mode: enforce\nb: 1\na: 2\nb: 3\nmax_age: 7\nmode: testing\n`)
  assert.deepEqual(
    [policy.mode, policy.maxAgeSeconds, policy.repeated, policy.unknown],
    ['none', 86_400, ['mode', 'max_age'], ['b', 'a']],
  )
})

test('hosts are kept in their order, in lower case, as often as they stand there', () => {
  const text =
    'mx: B.example\nversion: STSv1\nmx: *.A.example\nmode: testing\nmx: b.example\nmax_age: 1'
  assert.deepEqual(read(text).mx, ['b.example', '*.a.example', 'b.example'])
})

test('a refusal names the line and what stands there, harmless to show', () => {
  const text = none.replace('none', `\x1b[31m${'x'.repeat(100)}`)
  const parsed = readStsPolicy(encodeUtf8(text))
  assert.ok(!parsed.ok)
  assert.equal(parsed.problem.line, 2)
  assert.match(parsed.problem.text, /^Line 2: mode is "\[31mx{50,60}\.\.\.", which is no value\.$/)
})

test('octets that are no UTF-8 make the whole policy unreadable', () => {
  const octets = (...tail: readonly number[]): Uint8Array => {
    return Uint8Array.from([...encodeUtf8(`${none}x: a`), ...tail])
  }
  assert.equal(refused(octets(0xc3, 0xa9)), 'read')
  // Latin-1, a piece of a character, an overlong "/", half a surrogate pair, beyond U+10FFFF.
  const wrong = [[0xe9], [0xe2, 0x82], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]
  for (const tail of wrong) assert.equal(refused(octets(...tail)), 'not-utf8')
  assert.equal(refused(Uint8Array.from([0xff, 0xfe, 0x76, 0])), 'not-utf8', 'UTF-16')
})

test('64 KiB are read and not one octet more (RFC 8461 §3.3)', () => {
  const full = `${none}x: ${'y'.repeat(maxPolicyOctets - none.length - 3)}`
  assert.equal(refused(full), 'read')
  assert.equal(refused(`${full}y`), 'too-large')
})

test('every short text is read exactly when the grammar of RFC 8461 §3.2 says so', () => {
  const value = '[^\\x00-\\x20\\x7f](?:[^\\x00-\\x1f\\x7f]*[^\\x00-\\x20\\x7f])?'
  const field = `[A-Za-z0-9][A-Za-z0-9_.-]{0,31}:[ \\t]*${value}[ \\t]*`
  const oracle = new RegExp(`^${field}(?:\\r?\\n${field})*(?:\\r?\\n)?$`)
  const alphabet = ['\n', '\r', ' ', ':', 'a', '\t']
  let [count, good] = [0, 0]
  const check = (text: string): void => {
    count++
    const wanted = oracle.test(text)
    if (wanted) good++
    assert.equal(readStsPolicy(encodeUtf8(text)).ok, wanted, JSON.stringify(text))
  }
  const walk = (text: string, left: number): void => {
    check(`${none}b${text}`)
    check(`b${text}\n${none}`)
    if (left > 0) for (const one of alphabet) walk(text + one, left - 1)
  }
  walk('', 6)
  assert.ok(count > 100_000 && good > 1000, `${good} of ${count}`)
})

test('a policy that is written by the grammar is read as it was meant', () => {
  const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?$/)
  const host = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'))
  const pattern = fc.tuple(fc.boolean(), host).map(([any, name]) => (any ? `*.${name}` : name))
  const written = fc.record({
    mode: fc.constantFrom('enforce', 'testing', 'none'),
    mx: fc.array(pattern, { minLength: 1, maxLength: 20 }),
    age: fc.nat(31_557_600),
    end: fc.constantFrom('\n', '\r\n'),
    space: fc.stringMatching(/^[ \t]{0,3}$/),
    last: fc.boolean(),
  })
  fc.assert(
    fc.property(written, ({ mode, mx, age, end, space, last }) => {
      const lines = [
        ...mx.map((one) => `mx:${space}${one}${space}`),
        `max_age:${space}${age}`,
        'version:STSv1',
        `mode:${space}${mode}${space}`,
      ]
      const policy = read(lines.join(end) + (last ? end : ''))
      assert.deepEqual([policy.mode, policy.mx, policy.maxAgeSeconds], [mode, mx, age])
      assert.deepEqual(policy.lines, lines)
    }),
  )
})
