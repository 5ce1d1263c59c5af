import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeReferences } from './references.ts'

const cases: readonly (readonly [string, string])[] = [
  ['M&uuml;ller &Eacute;t&eacute; &szlig; &yuml; &nbsp;', 'Müller Été ß ÿ \u00a0'],
  ['&euro; &hellip; &ndash; &ldquo;x&rdquo; &rsquo; &lstrok; &Scaron;', '€ … – “x” ’ ł Š'],
  ['&amp;lt; &AMP; &LT; &Copy; &COPY;', '&lt; & < &Copy; ©'],
  ['&sup2; &frac12; &sup9;', '² ½ &sup9;'],
  ['&#146;&#x93;&#128;', '’“€'],
  ['&#169; &#x1F600; &#0; &#xD800; &#99999999;', '© 😀 &#0; &#xD800; &#99999999;'],
  ['a&shy;b&zwnj;c', 'abc'],
  ['&toString; &constructor; &nosuch; & &;', '&toString; &constructor; &nosuch; & &;'],
]

for (const [text, expected] of cases) {
  test(`references: ${text}`, () => assert.equal(decodeReferences(text), expected))
}
