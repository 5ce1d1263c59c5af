import { test } from 'node:test'
import assert from 'node:assert/strict'
import { encodeUtf8 } from '../base/octets.ts'
import { splitMessage } from '../message/header-reader.ts'
import { type Automatic, isAutomatic } from './automatic.ts'

function judge(header: string, reversePath?: string): Automatic {
  const { fields } = splitMessage(encodeUtf8(`${header}\r\n\r\n`)).header
  return isAutomatic(fields, reversePath)
}

const automatic: readonly (readonly [string, string])[] = [
  ['Return-Path: <>', 'null-reverse-path'],
  ['Return-Path: < >', 'null-reverse-path'],
  ['Auto-Submitted: auto-replied', 'auto-submitted'],
  ['Auto-Submitted: auto-generated (failure)', 'auto-submitted'],
  ['Auto-Submitted: auto-notified; owner-email="a@b"', 'auto-submitted'],
  ['Auto-Submitted: nobody-knows', 'auto-submitted'],
  ['Content-Type: multipart/report; report-type=delivery-status; boundary=x', 'report'],
  ['Content-Type: Multipart/Report; boundary=x', 'report'],
  ['List-Id: <a.b>', 'mailing-list'],
  ['List-Unsubscribe: <mailto:a@b>', 'mailing-list'],
  ['Precedence: bulk', 'precedence'],
  ['Precedence: List', 'precedence'],
  ['X-Auto-Response-Suppress: All', 'no-reply-wanted'],
  ['X-Failed-Recipients: a@b', 'no-reply-wanted'],
  ['From: Mail Delivery System <MAILER-DAEMON@a.example>', 'sender-is-a-program'],
  ['From: MAILER-DAEMON@a.example (Mail Delivery System)', 'sender-is-a-program'],
  ['From: <no-reply@a.example>', 'sender-is-a-program'],
  ['Sender: owner-list@a.example', 'sender-is-a-program'],
  ['Return-Path: <list-bounces@a.example>', 'sender-is-a-program'],
  ['Subject: Automatic reply: hello', 'subject'],
  ['Subject: Out of Office', 'subject'],
  ['Subject: Undelivered Mail Returned to Sender', 'subject'],
]
for (const [header, because] of automatic) {
  test(`automatic: ${header}`, () => {
    const found = judge(header)
    assert.equal(found.automatic && found.because, because)
  })
}

const personal: readonly string[] = [
  'From: someone@a.example',
  'Auto-Submitted: no',
  'Auto-Submitted: No (a person)',
  'Return-Path: <someone@a.example>',
  'Precedence: first-class',
  'Subject: Re: Automatic replies are a pest',
  'From: "mailer-daemon" <someone@a.example>',
  'Content-Type: multipart/mixed; boundary=x',
  'X-List-Something: 1',
  '',
]
for (const header of personal) {
  test(`not automatic: ${header || '(no header)'}`, () => {
    assert.deepEqual(judge(header), { automatic: false })
  })
}

test('the envelope decides over Return-Path', () => {
  const found = judge('Return-Path: <a@b.example>', '')
  assert.equal(found.automatic && found.because, 'null-reverse-path')
  assert.equal(judge('Return-Path: <>', 'a@b.example').automatic, false)
})
