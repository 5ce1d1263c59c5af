import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readableReply, replyTranscript, shownText, wrapWords } from './remote-text.ts'

const reply = (lines: readonly string[], enhanced: string | null = '5.1.1') => ({
  code: 550,
  enhanced,
  lines,
})

test('a reply of another server keeps its lines, each one harmless and none empty', () => {
  const lines = ['no such user', '', ' \t ', 'tab\there\r\nand more', 'last']
  assert.deepEqual(readableReply(reply(lines), 1000), [
    '550 5.1.1 no such user',
    'tab here and more',
    'last',
  ])
  assert.deepEqual(readableReply(reply([], null), 1000), ['550'])
  assert.deepEqual(readableReply(reply(['x'], null), 1000), ['550 x'])
})

test('at most 20 lines and as many characters as there is room for', () => {
  const many = Array.from({ length: 25 }, (_, index) => `line ${index}`)
  assert.equal(readableReply(reply(many), 1000).length, 20)
  const shown = readableReply(reply(['0123456789', 'abcdefghij', 'klm', 'nop']), 25)
  assert.equal(shown[0], '550 5.1.1 0123456789')
  assert.ok(shown.join('').length <= 25, shown.join('|'))
  // With less than four characters left there is nothing worth saying.
  assert.deepEqual(readableReply(reply(['0123456789', 'k', 'l']), 23), ['550 5.1.1 0123456789'])
  assert.deepEqual(readableReply(reply(['0123456789', 'k', 'l']), 24), [
    '550 5.1.1 0123456789',
    'k',
  ])
})

test('a transcript has the code on each line, and no more behind the last (RFC 3461 §9.2)', () => {
  assert.deepEqual(replyTranscript(reply(['no such user', '', 'ask us', 'bye']), 900), [
    '550-5.1.1 no such user',
    '550-5.1.1 ask us',
    '550 5.1.1 bye',
  ])
  assert.deepEqual(replyTranscript(reply(['no', 'ask'], null), 900), ['550-no', '550 ask'])
  assert.deepEqual(replyTranscript(reply(['no']), 900), ['550 5.1.1 no'])
  assert.deepEqual(replyTranscript(reply([], null), 900), ['550'])
  assert.deepEqual(replyTranscript(reply([]), 900), ['550 5.1.1'])
})

test('octets are shown as the UTF-8 that they are, or as a question mark', () => {
  assert.equal(shownText('caf\xc3\xa9'), 'café')
  assert.equal(shownText('caf\xe9\xe8!'), 'caf?!')
  assert.equal(shownText('schön 漢'), 'schön 漢')
  assert.equal(shownText('a'.repeat(5000)).length, 4000)
})

test('long words are cut, others go to the next line', () => {
  const lines = wrapWords(`one two ${'x'.repeat(25)} three`, 10)
  assert.ok(
    lines.every((line) => line.length <= 10),
    lines.join('|'),
  )
  assert.equal(lines.join(' ').replaceAll(' ', ''), `onetwo${'x'.repeat(25)}three`)
  assert.equal(lines[0], 'one two')
})
