import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseMediaType } from './media-type.ts'

const cases: readonly (readonly [string, string, Record<string, string>])[] = [
  ['text/plain', 'text/plain', {}],
  ['TEXT/Plain; Charset=UTF-8', 'text/plain', { charset: 'UTF-8' }],
  [
    'text/plain; charset="utf-8" ; format=flowed',
    'text/plain',
    { charset: 'utf-8', format: 'flowed' },
  ],
  [
    'multipart/report;\r\n\treport-type=delivery-status; boundary="a b/c"',
    'multipart/report',
    { 'report-type': 'delivery-status', boundary: 'a b/c' },
  ],
  ['multipart/mixed; boundary==_x/y=', 'multipart/mixed', { boundary: '=_x/y=' }],
  ['multipart/mixed; boundary="a\\"b\\\\c"', 'multipart/mixed', { boundary: 'a"b\\c' }],
  [
    'text/plain (a (nested) comment); (another) charset (x) = (y) us-ascii',
    'text/plain',
    { charset: 'us-ascii' },
  ],
  ['text / plain ; a = b', 'text/plain', { a: 'b' }],
  ['text/plain; ; ;a=b;', 'text/plain', { a: 'b' }],
  ['text/plain; a=b; a=c', 'text/plain', { a: 'b' }],
  ['text/plain; novalue; a=b', 'text/plain', { a: 'b' }],
  ['text/plain; =x; a=b', 'text/plain', { a: 'b' }],
  ['text/plain; junk "semi;colon" a; b=c', 'text/plain', { b: 'c' }],
  ['text/plain; name="open', 'text/plain', { name: 'open' }],
  ['application/x; name*0="one "; name*1="two"; name*3=lost', 'application/x', { name: 'one two' }],
  [
    "application/x; name*0*=utf-8''%c3%a9; name*1=%41; name*2*=%42",
    'application/x',
    { name: 'é%41B' },
  ],
  ["application/x; name*=utf-8'en'%e2%82%ac%20rates", 'application/x', { name: '€ rates' }],
  ["application/x; name=plain; name*=utf-8''coded", 'application/x', { name: 'coded' }],
  ["application/x; name*0*=utf-8''co; name*1=ded; name=plain", 'application/x', { name: 'coded' }],
  [
    'text/plain; name=This is a test.txt; charset=x',
    'text/plain',
    { name: 'This is a test.txt', charset: 'x' },
  ],
  ['text/plain; name=Plan (last).txt ', 'text/plain', { name: 'Plan (last).txt' }],
  ['text/plain; name=a b.txt size=3; x=y', 'text/plain', { name: 'a b.txt', x: 'y' }],
  ['text/plain; charset=us-ascii (Plain text)', 'text/plain', { charset: 'us-ascii' }],
]
for (const [value, type, parameters] of cases) {
  test(`read: ${value}`, () => {
    const read = parseMediaType(value)
    assert.ok(read)
    assert.equal(`${read.type}/${read.subtype}`, type)
    assert.deepEqual(Object.fromEntries(read.parameters), parameters)
  })
}

for (const value of ['', 'text', '/plain', 'text/', ';a=b', '"text"/plain', '(open']) {
  test(`not a media type: ${JSON.stringify(value)}`, () => {
    assert.equal(parseMediaType(value), undefined)
  })
}

test('a hostile value is read within its bounds', () => {
  const many = Array.from({ length: 5000 }, (_, i) => `p${i}=v`).join(';')
  assert.ok((parseMediaType(`a/b;${many}`)?.parameters.size ?? 99) <= 64)
  parseMediaType(`a/b;${'('.repeat(1_000_000)}`)
  parseMediaType(`a/b;${'"\\'.repeat(500_000)}`)
  parseMediaType(`a/b;${'; '.repeat(500_000)}`)
  parseMediaType(`a/b;x="${' '.repeat(1_000_000)}`)
  parseMediaType(`a/b;name=${' x'.repeat(500_000)}`)
  parseMediaType(`a/b;${'name=a '.repeat(500_000)}`)
})

test('reading never throws (property)', () => {
  const piece = fc.constantFrom(
    'a',
    '/',
    ';',
    '=',
    '"',
    '\\',
    '(',
    ')',
    ' ',
    '*0',
    '*',
    '%',
    "'",
    '%ff',
    '\xff',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      parseMediaType(pieces.join(''))
      parseMediaType(`a/b;${pieces.join('')}`)
    }),
  )
})
