import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUtf8 } from '../base/octets.ts'
import { type MailpitMessage, readMailpitMessage } from './mailpit-message.ts'

const receivedAt = Date.UTC(2026, 8, 1)

function read(...lines: readonly string[]): MailpitMessage {
  const message = encodeUtf8(lines.join('\r\n'))
  return readMailpitMessage(message, { mailFrom: 'a@app.example', rcptTo: [], receivedAt })
}

test('the date of a letter is its own, and without one that of its arrival', () => {
  const { Date: written, Received } = read('Date: Tue, 1 Jul 2003 10:52:37 +0200', '', '')
  assert.equal(written, '2003-07-01T08:52:37.000Z')
  assert.equal(Received, '2026-09-01T00:00:00.000Z')
  assert.equal(read('', '').Date, Received)
  assert.equal(read('Date: yesterday', '', '').Date, Received)
})

test('an enclosed message is one file, whatever is in it', () => {
  const { Attachments, Inline } = read(
    'Content-Type: multipart/mixed; boundary=m',
    '',
    '--m',
    'Content-Type: message/rfc822; name=in.eml',
    '',
    'Content-Type: multipart/mixed; boundary=n',
    '',
    '--n',
    'Content-Type: application/pdf; name=inside.pdf',
    '',
    '--n--',
    '--m',
    'Content-Type: application/pdf; name=beside.pdf',
    '',
    '--m--',
  )
  assert.deepEqual(
    Attachments.map(({ FileName }) => FileName),
    ['in.eml', 'beside.pdf'],
  )
  assert.deepEqual(Inline, [])
})

test('names in raw UTF-8 are read', () => {
  assert.equal(read('From: Jürgen <j@a.example>', '', '').From.Name, 'Jürgen')
})
