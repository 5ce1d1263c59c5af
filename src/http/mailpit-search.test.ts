import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mailpitQuery, type Searched } from './mailpit-search.ts'

const message: Searched = {
  from: 'The App app@app.example',
  to: 'Ann ann@inbox.example',
  cc: '',
  bcc: 'ben@inbox.example',
  replyTo: 'help@app.example',
  subject: 'Reset your password',
  messageId: '1@app.example',
  text: 'Your code is 123456',
  read: false,
  attachments: 1,
}

const cases: readonly (readonly [string, boolean])[] = [
  ['', true],
  ['to:ann@inbox.example', true],
  ['to:"ann@inbox.example"', true],
  ['to:ben@inbox.example', false],
  ['bcc:ben', true],
  ['addressed:ben@inbox.example', true],
  ['subject:RESET', true],
  ['subject:"reset your"', true],
  ['subject:Reset password', true],
  ['subject:"reset password"', false],
  ['from:app@app.example -subject:welcome', true],
  ['!to:ann', false],
  ['123456', true],
  ['"code is"', true],
  ['nothing', false],
  ['is:unread', true],
  ['is:read', false],
  ['has:attachment', true],
  ['reply-to:help message-id:1@app', true],
  ['other:thing', false],
  ['"', true],
]

for (const [query, fits] of cases) {
  test(`a query of Mailpit: ${query}`, () => assert.equal(mailpitQuery(query)(message), fits))
}

test('a query of nothing but quotes and signs costs one pass', () => {
  mailpitQuery('-"!:'.repeat(500_000))(message)
})
