import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUtf8, octetsOf } from '../base/octets.ts'
import { HeaderReader, type MessageHeader } from './header-reader.ts'
import { headerTexts } from './header-texts.ts'

function headerOf(...lines: readonly string[]): MessageHeader {
  const progress = new HeaderReader().push(encodeUtf8(`${lines.join('\r\n')}\r\n\r\n`))
  assert.ok(progress.type === 'header')
  return progress.header
}

test('subject, Message-ID and authors are told decoded, on one line', () => {
  const header = headerOf(
    'From: "Anna, A." <anna@north.example>,',
    ' Bob <bob@west.example>',
    'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= aus',
    ' K=?x?=',
    'Message-ID: <m@north.example>',
    'Subject: second',
  )
  assert.deepEqual(headerTexts(header), {
    subject: 'Grüße aus K=?x?=',
    headerMessageId: '<m@north.example>',
    author: 'anna@north.example, bob@west.example',
  })
})

test('what is missing is empty, and a header that could not be read as well', () => {
  const nothing = { subject: '', headerMessageId: '', author: '' }
  assert.deepEqual(headerTexts(headerOf('X: y')), nothing)
  assert.deepEqual(headerTexts(undefined), nothing)
})

test('every From field counts, each author once', () => {
  const header = headerOf('From: a@x.example', 'From: b@x.example, a@x.example')
  assert.equal(headerTexts(header).author, 'a@x.example, b@x.example')
})

test('nothing of it is endless, and no control gets through', () => {
  const many = Array.from({ length: 200 }, (_, i) => `a${i}@x.example`).join(', ')
  const { subject, headerMessageId, author } = headerTexts(
    headerOf(`Subject: ${'s'.repeat(900)}`, `Message-ID: ${'m'.repeat(900)}`, `From: ${many}`),
  )
  assert.deepEqual([subject.length, headerMessageId.length, author.length], [300, 300, 500])
  const hostile = headerTexts(headerOf('Subject: =?utf-8?q?a=1B[31m=0D=0Ab?='))
  assert.match(hostile.subject, /^a \[31m +b$/)
})

test('a Message-ID is told without what stands beside it, and as it is where it is none', () => {
  const told = (field: string): string =>
    headerTexts(headerOf(`Message-ID:${field}`)).headerMessageId
  assert.equal(told(' <m@north.example> (added by x)'), '<m@north.example>')
  assert.equal(told('\r\n <m@north.example>'), '<m@north.example>')
  assert.equal(told(' m@north.example '), 'm@north.example')
  assert.equal(told(' <a b@north.example>'), '<a b@north.example>')
})

test('octets that are no UTF-8 are those of Windows', () => {
  const progress = new HeaderReader().push(octetsOf('Subject: Caf\xe9 \x93\x94\r\n\r\n'))
  assert.ok(progress.type === 'header')
  assert.equal(headerTexts(progress.header).subject, 'Café “”')
})
