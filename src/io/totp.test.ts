import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  base32,
  codeFor,
  newRecoveryCode,
  newTotpSecret,
  stepOfCode,
  totpAddress,
  typedRecoveryCode,
} from './totp.ts'

const octets = Buffer.from('12345678901234567890')
const secret = base32(octets)

test('codes are those of RFC 4226, Appendix D', () => {
  const codes = Array.from({ length: 10 }, (_, counter) => codeFor(octets, counter))
  assert.deepEqual(codes, [
    '755224',
    '287082',
    '359152',
    '969429',
    '338314',
    '254676',
    '287922',
    '162583',
    '399871',
    '520489',
  ])
})

test('codes of a time are those of RFC 6238, Appendix B', () => {
  for (const [seconds, code] of [
    [59, '94287082'],
    [1111111109, '07081804'],
    [1111111111, '14050471'],
    [1234567890, '89005924'],
    [2000000000, '69279037'],
    [20000000000, '65353130'],
  ] as const) {
    assert.equal(codeFor(octets, Math.floor(seconds / 30), 8), code)
    const step = Math.floor(seconds / 30)
    assert.equal(stepOfCode(secret, code.slice(2), seconds * 1000), step)
  }
})

test('a clock may be one step off, and not two', () => {
  const at = 100
  const code = codeFor(octets, at)
  const found = [-2, -1, 0, 1, 2].map((off) => stepOfCode(secret, code, (at + off) * 30_000))
  assert.deepEqual(found, [undefined, at, at, at, undefined])
  assert.equal(stepOfCode(secret, ` ${code.slice(0, 3)} ${code.slice(3)}\n`, at * 30_000), at)
})

test('what is no code of six digits is none', () => {
  for (const code of ['', '12345', '1234567', 'abcdef', '１２３４５６', '-12345']) {
    assert.equal(stepOfCode(secret, code, 3_000_000), undefined, code)
  }
})

test('base 32 is that of RFC 4648 §10, without padding', () => {
  for (const [text, coded] of [
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ] as const) {
    assert.equal(base32(Buffer.from(text)), coded)
  }
  assert.match(newTotpSecret(), /^[A-Z2-7]{32}$/)
  assert.notEqual(newTotpSecret(), newTotpSecret())
})

test('an app reads the secret, whose it is, and of which server', () => {
  assert.equal(
    totpAddress('MZXW6', { hostname: 'mx.south.example', who: 'ann+x@south.example' }),
    'otpauth://totp/Waybill%20mx.south.example:ann%2Bx%40south.example?secret=MZXW6&issuer=Waybill%20mx.south.example',
  )
})

test('a recovery code may be typed in any way', () => {
  const code = newRecoveryCode()
  assert.match(code, /^[2-9a-z]{5}-[2-9a-z]{5}$/)
  assert.notEqual(newRecoveryCode(), code)
  assert.equal(typedRecoveryCode(` ${code.toUpperCase()} `), code.replace('-', ''))
})
