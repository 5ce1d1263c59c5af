import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { codesIn } from './codes.ts'

const cases: readonly (readonly [string, readonly string[]])[] = [
  ['Your code is 123456.', ['123456']],
  ['Your verification code: 123 456', ['123456']],
  ['Code: AB12CD', ['AB12CD']],
  ['Your code is QWERTY', ['QWERTY']],
  ['123456 is your login code', ['123456']],
  ['Use this PIN to log in:\n\n   4711\n\nIt is good for 10 minutes.', ['4711']],
  ['Your code:\n\n*G7K-2PQ*', []],
  ['Your code:\n\n123-456', ['123456']],
  ['Your code:\na b\nc d\ne f\n4711', ['4711']],
  ['Your code:\na b\nc d\ne f\ng h\n4711', []],
  ['Tu código es 654321', ['654321']],
  ['Ihr Bestätigungscode lautet 112233', ['112233']],
  ['您的验证码是 998877,请勿泄露', ['998877']],
  ['G-123456 is your Google verification code.', ['123456']],
  ['FB-12345 is your confirmation code', ['12345']],
  ['Order AB-123456: is your code still good?', []],
  ['Your one-time password is 123456', ['123456']],
  ['OTP for XXXXXX (XX1245) is 811739 (valid for 10 mins).', ['811739']],
  ['Your code (123456) is good for a day', ['123456']],
  ['Use code ABCD-EFGH to sign in', []],
  ['Code: 2026', ['2026']],
  ['The code, made in 2026, is 445566', ['445566']],
  ['Your code expires in 30 minutes', []],
  ['Your code is valid for 1000 minutes', []],
  ['ZIP code 94107', []],
  ['Use promo code SAVE2026', []],
  ['error code 4040', []],
  ['Call +49 30 123456 for a code', []],
  ['The code costs $1234', []],
  ['Order 123456 was shipped', []],
  ['code: https://a.example/123456', []],
  ['The encoder 123456 and decoder', []],
  ['Copyright 2026, code of conduct', []],
  ['', []],
]

for (const [text, expected] of cases) {
  test(`codes in ${JSON.stringify(text)}`, () => assert.deepEqual(codesIn(text), expected))
}

test('each code once, and never anything but 4 to 8 letters or digits', () => {
  assert.deepEqual(codesIn('code 123456 or code: 123456'), ['123456'])
  const piece = fc.constantFrom('code', ' is ', ':', '\n', '1', '23', 'AB', 'x', ' ', '-', '/', '$')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (chosen) => {
      for (const code of codesIn(chosen.join(''))) assert.match(code, /^[A-Za-z\d]{4,8}$/)
    }),
    { numRuns: 500 },
  )
})

test('hostile shapes cost one pass', () => {
  for (const shape of ['code ', '1', 'A1', 'code 1234 ', 'code\n', '   ', 'code:', '*']) {
    assert.ok(codesIn(shape.repeat(200_000)).length <= 20)
  }
})
