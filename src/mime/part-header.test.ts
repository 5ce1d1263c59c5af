import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeUtf8, octetsOf } from '../base/octets.ts'
import { harmlessName } from './file-name.ts'
import { isAttachment } from './part.ts'
import { readPartHeader } from './part-header.ts'
import { readParts } from './tree.ts'

const names: readonly (readonly [string, string, string | undefined])[] = [
  ['as it is', 'filename="report.pdf"', 'report.pdf'],
  ['RFC 2231, UTF-8', "filename*=utf-8''%e2%82%ac.txt", '€.txt'],
  ['RFC 2231, another character set', "filename*=iso-8859-1'en'%e4.txt", 'ä.txt'],
  ['RFC 2231, pieces', "filename*0*=utf-8''%e2%82; filename*1*=%ac; filename*2=.txt", '€.txt'],
  ['an encoded word, which may not stand there', 'filename="=?utf-8?q?=C3=A4?=.txt"', 'ä.txt'],
  ['raw UTF-8', 'filename="ä.txt"', 'ä.txt'],
  ['a path', 'filename="../../etc/passwd"', 'passwd'],
  ['a path of Windows', 'filename="C:\\\\Users\\\\x.doc"', 'x.doc'],
  ['a line break', "filename*=utf-8''a%0d%0aX-Evil:%201.txt", 'aX-Evil_ 1.txt'],
  ['a turned ending', "filename*=utf-8''a%e2%80%aefdp.exe", 'afdp.exe'],
  ['no width', "filename*=utf-8''a%e2%80%8b.txt", 'a.txt'],
  ['hidden', 'filename=".bashrc"', 'bashrc'],
  ['a device', 'filename="con.txt"', '_con.txt'],
  ['nothing', 'filename=".."', undefined],
]

for (const [what, parameter, expected] of names) {
  test(`a file name: ${what}`, () => {
    const header = encodeUtf8(`Content-Disposition: attachment; ${parameter}\r\n\r\n`)
    assert.equal(readPartHeader(header).name, expected)
  })
}

test('a name is never long, and keeps its ending', () => {
  const name = harmlessName(`${'x'.repeat(5000)}.pdf`)
  assert.equal(name?.length, 200)
  assert.ok(name?.endsWith('.pdf'))
  // What is longer than an ending is none.
  const long = `${'x'.repeat(150)}.${'y'.repeat(150)}`
  assert.equal(harmlessName(long), long.slice(0, 200))
})

test('no name has a path, a control, or what cannot be seen', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const name = harmlessName(text)
      if (name !== undefined) assert.doesNotMatch(name, /[/\\\p{Cc}\p{Cf}]|^\.|^$|.{201}/u)
    }),
  )
})

test('what a part is: folded fields, comments, the first of equal ones', () => {
  const header = octetsOf(
    [
      'Content-Type: TEXT/Html (a comment);',
      '\tcharset="utf-8"; name=a.html',
      'content-transfer-encoding : Quoted-Printable (x)',
      'Content-ID: <a@b>',
      'Content-Type: image/png',
      '',
      '',
    ].join('\r\n'),
  )
  const { parameters, ...facts } = readPartHeader(header)
  assert.deepEqual(facts, {
    type: 'text/html',
    encoding: 'quoted-printable',
    name: 'a.html',
    contentId: 'a@b',
  })
  assert.equal(parameters.get('charset'), 'utf-8')
})

test('a header of nothing but one endless field is read as far as it is useful', () => {
  const endless = octetsOf(`Content-Type: text/html; x="${'y'.repeat(2_000_000)}`)
  assert.equal(readPartHeader(endless).type, 'text/html')
})

const attached: readonly (readonly [string, boolean])[] = [
  ['Content-Type: application/pdf\nContent-Disposition: attachment', true],
  ['Content-Type: application/pdf; name=a.pdf', true],
  ['Content-Type: application/pdf', false],
  ['Content-Type: application/pdf\nContent-Disposition: inline; filename=a.pdf', false],
  ['Content-Type: image/png; name=a.png\nContent-ID: <a@b>', false],
  ['Content-Type: text/plain; name=a.txt', false],
  ['Content-Type: text/plain; name=a.txt\nContent-Disposition: x-file', true],
  ['Content-Type: text/html\nContent-Disposition: =?utf-8?Q?inline?=', false],
  ['Content-Type: multipart/mixed; boundary=a; name=b\nContent-Disposition: x-file', false],
]

for (const [header, expected] of attached) {
  test(`an attachment, or not: ${header.replace('\n', ' ')}`, () => {
    const [part] = readParts(octetsOf(`${header}\n\n`)).parts
    assert.ok(part !== undefined)
    assert.equal(isAttachment(part), expected)
  })
}
