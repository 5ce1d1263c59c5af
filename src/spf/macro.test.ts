import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { expandName, expandText, fitName, parseMacroString } from './macro.ts'
import type { MacroPlace, MacroValues } from './macro.ts'

/** The situation of RFC 7208 §7.4. */
const values: MacroValues = {
  s: 'strong-bad@email.example.com',
  l: 'strong-bad',
  o: 'email.example.com',
  d: 'email.example.com',
  i: '192.0.2.3',
  p: 'mx.example.org',
  v: 'in-addr',
  h: 'mail.example.net',
  c: '192.0.2.3',
  r: 'receiver.example',
  t: '1700000000',
}

const values6: MacroValues = {
  ...values,
  i: '2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.b.0.1',
  v: 'ip6',
}

function read(text: string, place: MacroPlace): ReturnType<typeof parseMacroString> {
  return parseMacroString(text, { from: 0, to: text.length }, place)
}

function name(text: string, of: MacroValues = values): string {
  const parsed = read(text, 'domain')
  assert.ok(parsed.ok, text)
  return expandName(parsed.value.parts, of)
}

function explanation(text: string, of: MacroValues = values): string {
  const parsed = read(text, 'explanation')
  assert.ok(parsed.ok, text)
  return expandText(parsed.value.parts, of, 1000)
}

test('the examples of RFC 7208 §7.4 expand as it says', () => {
  const examples: readonly (readonly [string, string])[] = [
    ['%{s}', 'strong-bad@email.example.com'],
    ['%{o}', 'email.example.com'],
    ['%{d}', 'email.example.com'],
    ['%{d4}', 'email.example.com'],
    ['%{d3}', 'email.example.com'],
    ['%{d2}', 'example.com'],
    ['%{d1}', 'com'],
    ['%{dr}', 'com.example.email'],
    ['%{d2r}', 'example.email'],
    ['%{l}', 'strong-bad'],
    ['%{l-}', 'strong.bad'],
    ['%{lr}', 'strong-bad'],
    ['%{lr-}', 'bad.strong'],
    ['%{l1r-}', 'strong'],
    ['%{ir}.%{v}._spf.%{d2}', '3.2.0.192.in-addr._spf.example.com'],
    ['%{lr-}.lp._spf.%{d2}', 'bad.strong.lp._spf.example.com'],
    ['%{lr-}.lp.%{ir}.%{v}._spf.%{d2}', 'bad.strong.lp.3.2.0.192.in-addr._spf.example.com'],
    ['%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}', '3.2.0.192.in-addr.strong.lp._spf.example.com'],
    ['%{d2}.trusted-domains.example.net', 'example.com.trusted-domains.example.net'],
  ]
  for (const [text, expected] of examples) assert.equal(name(text), expected, text)
  assert.equal(
    name('%{ir}.%{v}._spf.%{d2}', values6),
    '1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com',
  )
})

test('transformers, delimiters and escaping do what RFC 7208 §7.1 to §7.3 say', () => {
  const local = (l: string): MacroValues => ({ ...values, l })
  const cases: readonly (readonly [string, MacroValues, string])[] = [
    ['%%%_%-', values, '% %20'],
    ['%{dR}', values, 'com.example.email'], // ABNF strings have no case
    ['%{d128}', values, 'email.example.com'],
    ['%{d99999999999999999999}', values, 'email.example.com'],
    ['%{d02}', values, 'example.com'],
    ['%{l+}', local('a+b.c'), 'a.b.c'],
    ['%{l1+}', local('a+b.c'), 'b.c'],
    ['%{l2r+-}', local('foo-bar+zip+quux'), 'bar.foo'],
    ['%{l.-+,/_=}', local('a.b-c+d,e/f_g=h'), 'a.b.c.d.e.f.g.h'],
    ['%{l-}', local('--a--'), '..a..'],
    ['%{l1-}', local('a-'), ''],
    ['%{L}', local('~jack&jill=up-a_b3.c'), '~jack%26jill%3Dup-a_b3.c'],
    ['%{S}', values, 'strong-bad%40email.example.com'],
    ['%{LR-}', local('a b-c'), 'c.a%20b'],
    ['%{L}', local('jö'), 'j%C3%B6'],
    ['%{h}', { ...values, h: '' }, ''],
  ]
  for (const [text, of, expected] of cases) assert.equal(explanation(text, of), expected, text)
})

test('a macro ends within its part of the text', () => {
  const part = (to: number): boolean => {
    return parseMacroString('%{dr-}', { from: 0, to }, 'domain').ok
  }
  assert.deepEqual([2, 3, 4, 5, 6].map(part), [false, false, false, false, true])
})

test('the letter of a macro that there is not is told when it can be shown', () => {
  const told = (text: string): string => {
    const parsed = read(text, 'domain')
    return parsed.ok ? '' : parsed.problem
  }
  assert.equal(told('%{x}'), 'there is no macro "%{x"')
  assert.equal(told('%{~}'), 'there is no macro "%{~"')
  for (const text of ['%{', '%{ }', '%{\x7f}', '%{\x1b[2J}', '%{é}'])
    assert.equal(told(text), 'there is no macro "%{"')
})

test('what is no macro-string is refused with a sentence', () => {
  const wrong: readonly (readonly [string, MacroPlace])[] = [
    ['%', 'domain'],
    ['a%', 'domain'],
    ['%(ir)', 'domain'],
    ['%a', 'domain'],
    ['%{', 'domain'],
    ['%{}', 'domain'],
    ['%{d', 'domain'],
    ['%{x}', 'domain'],
    ['%{d0}', 'domain'],
    ['%{d00}', 'domain'],
    ['%{dr2}', 'domain'],
    ['%{d-2}', 'domain'],
    ['%{drr}', 'domain'],
    ['%{d*}', 'domain'],
    ['%{dd}', 'domain'],
    ['%{c}', 'domain'],
    ['%{r}', 'domain'],
    ['%{T}', 'domain'],
    ['a b', 'domain'],
    ['a b', 'unknownModifier'],
    ['a\tb', 'explanation'],
    ['a\x7fb', 'explanation'],
    ['a\x80b', 'explanation'],
    ['%{w}', 'explanation'],
  ]
  for (const [text, place] of wrong) {
    const parsed = read(text, place)
    assert.ok(!parsed.ok, text)
    assert.match(parsed.problem, /^[\x20-\x7e]+$/)
  }
})

test('c, r and t are for explanations, and pass in modifiers that nobody knows', () => {
  assert.equal(explanation('%{c} %{r} %{t}'), '192.0.2.3 receiver.example 1700000000')
  assert.ok(read('%{c}%{r}%{t}', 'unknownModifier').ok)
})

test('a name over 253 characters loses whole labels from the left', () => {
  const label = 'a'.repeat(49)
  const five = Array.from({ length: 5 }, () => label).join('.')
  assert.equal(five.length, 249)
  assert.equal(fitName(`bcd.${five}`), `bcd.${five}`, '253 fit')
  assert.equal(fitName(`bcd.${five}.`), `bcd.${five}`, 'the final dot does not count')
  assert.equal(fitName(`bcde.${five}`), five)
  assert.equal(fitName(`x.y.z.bcd.${five}`), `bcd.${five}`)
  assert.equal(fitName('a'.repeat(300)).length, 254, 'one label stays too long to be asked')
  assert.equal(fitName(`${'a'.repeat(300)}.example`), 'example')
})

test('expanding a name agrees with expanding all of it and then shortening it', () => {
  const piece = fc.constantFrom('%{d}', '%{l}', '%{lr-}', '%{h}', '.', 'a', 'label.', '%%')
  const of = { ...values, h: 'x'.repeat(200), l: 'y.'.repeat(40) }
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const parsed = read(pieces.join(''), 'domain')
      assert.ok(parsed.ok)
      const slow = expandText(parsed.value.parts, of, Number.POSITIVE_INFINITY)
      assert.equal(expandName(parsed.value.parts, of), fitName(slow))
    }),
  )
})

test('a bomb of macros is expanded no further than needed', () => {
  const parsed = read('%{s}'.repeat(16_000), 'explanation')
  assert.ok(parsed.ok)
  assert.equal(expandText(parsed.value.parts, { ...values, s: 'x'.repeat(1000) }, 450).length, 450)
  assert.ok(expandName(parsed.value.parts, { ...values, s: 'x'.repeat(1000) }).length <= 254)
})
