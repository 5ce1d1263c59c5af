import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readableText, readContents } from '../../mime/contents.ts'
import { readParts } from '../../mime/tree.ts'
import { encodeUtf8 } from '../../base/octets.ts'
import type { ContentForm } from './content-task.ts'
import { OpenMessages } from './open-messages.ts'

const letter = [
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/html',
  '',
  '<p>Your code: 123456 <a href="https://a.example/">Go</a>',
  '--b',
  'Content-Type: text/csv',
  '',
  'one,two',
  '--b--',
].join('\r\n')

const forms: readonly ContentForm[] = [
  { type: 'parts' },
  { type: 'text' },
  { type: 'html', remote: false },
  { type: 'html', remote: true },
  { type: 'links' },
  { type: 'codes' },
  { type: 'part', n: 2 },
  { type: 'part', n: 2 },
]

/** With how often a message was read. */
function counted() {
  const read = { parts: 0, contents: 0, text: 0 }
  const open = new OpenMessages({
    parts(message) {
      read.parts++
      return readParts(message)
    },
    contents(message, tree) {
      read.contents++
      return readContents(message, tree)
    },
    text(message, tree) {
      read.text++
      return readableText(message, tree)
    },
  })
  return { read, open }
}

test('a message is read once, in however many forms it is shown', () => {
  const { read, open } = counted()
  open.do({ type: 'open', message: 1, octets: encodeUtf8(letter) })
  assert.deepEqual(read, { parts: 0, contents: 0, text: 0 }, 'nobody has asked')
  const shown = forms.map((form) => {
    const { answer, given = [] } = open.do({ type: 'show', message: 1, form, subject: 'PIN 4711' })
    // As it goes to another thread: what is given away is not there any more.
    const moved = structuredClone(answer, { transfer: [...given] })
    return moved.type === 'shown' ? new TextDecoder().decode(moved.octets) : moved.type
  })
  assert.deepEqual(read, { parts: 1, contents: 1, text: 1 })
  assert.match(shown[0] ?? '', /^\{"data":\[\{"n":0,"parent":null,.*"more":false\}$/)
  assert.equal(shown[1], 'Your code: 123456 Go')
  assert.match(shown[2] ?? '', /^<p>Your code/)
  assert.equal(shown[4], '{"data":[{"href":"https://a.example/","text":"Go"}]}')
  assert.equal(shown[5], '{"data":[{"code":"4711"},{"code":"123456"}]}')
  assert.deepEqual(shown.slice(6), ['one,two', 'one,two'])
})

test('what a message does not have is told with how many parts it has', () => {
  const { open } = counted()
  open.do({ type: 'open', message: 1, octets: encodeUtf8('\r\nplain') })
  for (const form of [
    { type: 'part', n: 1 },
    { type: 'html', remote: false },
  ] as const) {
    const { answer } = open.do({ type: 'show', message: 1, form, subject: '' })
    assert.deepEqual(answer, { type: 'none', parts: 1 })
  }
})

test('what is closed is gone, others stay', () => {
  const { open } = counted()
  for (const message of [1, 2]) open.do({ type: 'open', message, octets: encodeUtf8(letter) })
  open.do({ type: 'close', message: 1 })
  const show = (message: number) => {
    return open.do({ type: 'show', message, form: { type: 'text' }, subject: '' }).answer.type
  }
  assert.throws(() => show(1), /not open/)
  assert.equal(show(2), 'shown')
})
