import { test } from 'node:test'
import assert from 'node:assert/strict'
import { encodeUtf8 } from '../base/octets.ts'
import { completeSubmission, type Completion } from './completion.ts'
import { splitMessage } from './header-reader.ts'

const made = '<made@mx.example>'

function complete(header: string, from: string | undefined = 'me@example.org'): Completion {
  return completeSubmission({
    fields: splitMessage(encodeUtf8(`${header}\r\n`)).header.fields,
    now: Date.UTC(2026, 10, 23, 18, 29, 7),
    offsetMinutes: 60,
    messageId: made,
    from,
  })
}

const whole =
  'Date: Mon, 23 Nov 2026 17:29:07 +0000\r\nFrom: a@b.example\r\nMessage-ID: <1@b.example>\r\n'

test('a message that has all is left as it is', () => {
  assert.deepEqual(complete(whole), {
    prefix: '',
    added: [],
    replaced: [],
    messageId: '<1@b.example>',
    repeated: [],
  })
})

test('what is missing is added', () => {
  const completion = complete('Subject: hello\r\n')
  assert.deepEqual(completion.added, ['Date', 'Message-ID', 'From'])
  assert.equal(
    completion.prefix,
    'Date: Mon, 23 Nov 2026 19:29:07 +0100\r\n' +
      'Message-ID: <made@mx.example>\r\n' +
      'From: <me@example.org>\r\n',
  )
  assert.equal(completion.messageId, made)
})

test('a Date or Message-ID that cannot be read is replaced (RFC 6409 §8.2, §8.3)', () => {
  const completion = complete('Date: yesterday\r\nFrom: a@b\r\nMessage-ID: 12\r\n')
  assert.deepEqual(completion.added, ['Date', 'Message-ID'])
  assert.deepEqual(
    completion.replaced.map((field) => field.name),
    ['date', 'message-id'],
  )
})

test('an empty From is replaced, a missing one stays missing when no sender is known', () => {
  const empty = complete('Date: 23 Nov 2026 17:29 GMT\r\nFrom:  \r\nMessage-ID: <1@b>\r\n')
  assert.deepEqual(empty.added, ['From'])
  assert.deepEqual(
    empty.replaced.map((field) => field.name),
    ['from'],
  )
  const unknown = completeSubmission({
    fields: [],
    now: 0,
    offsetMinutes: 0,
    messageId: made,
    from: undefined,
  })
  assert.deepEqual(unknown.added, ['Date', 'Message-ID'])
})

test('Resent fields do not stand for the first ones', () => {
  const completion = complete('Resent-Date: Mon, 23 Nov 2026 17:29:07 +0000\r\n')
  assert.deepEqual(completion.added, ['Date', 'Message-ID', 'From'])
})

test('fields that stand twice are named', () => {
  const completion = complete(
    `${whole}FROM: c@d.example\r\nSubject: a\r\nSubject: b\r\nX: 1\r\nX: 2\r\n`,
  )
  assert.deepEqual(completion.repeated, ['from', 'subject'])
  assert.deepEqual(completion.added, [])
})
