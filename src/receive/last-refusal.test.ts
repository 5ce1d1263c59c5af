import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LastRefusal } from './client-limits.ts'

const answer = (atCommand: string, code = 501): Parameters<LastRefusal['refused']>[0] => {
  return { code, enhanced: '5.5.4', text: 'No', atCommand }
}

test('a refusal is how a connection ended only as long as the client has not gone on', () => {
  const greeted = new LastRefusal()
  greeted.refused(answer('EHLO'))
  greeted.greeted('HELO')
  assert.equal(greeted.answer?.code, 501, 'another command is no answer to it')
  greeted.greeted('EHLO')
  assert.equal(greeted.answer, undefined)
  const begun = new LastRefusal()
  begun.refused(answer('MAIL FROM'))
  begun.begun()
  assert.equal(begun.answer, undefined)
  const login = new LastRefusal()
  login.triedLogin(answer('AUTH', 535))
  assert.equal(login.answer?.code, 535)
  login.triedLogin(undefined)
  assert.equal(login.answer, undefined)
})

test('only what a client needs to send a letter is a reason', () => {
  for (const command of ['EXPN', 'NOOP', '', 'FOO']) {
    const refusal = new LastRefusal()
    refusal.refused(answer(command))
    assert.equal(refusal.answer, undefined, command)
  }
  for (const command of ['EHLO', 'HELO', 'STARTTLS', 'AUTH', 'MAIL FROM', 'RCPT TO', 'DATA']) {
    const refusal = new LastRefusal()
    refusal.refused(answer(command))
    assert.equal(refusal.answer?.atCommand, command)
  }
})

test('that MAIL is wanted first is no reason where MAIL was refused', () => {
  for (const command of ['RCPT TO', 'DATA', 'BDAT']) {
    const refusal = new LastRefusal()
    refusal.refused(answer('MAIL FROM', 530))
    refusal.refused(answer(command, 503))
    assert.equal(refusal.answer?.code, 530)
    refusal.refused(answer(command, 452))
    assert.equal(refusal.answer?.code, 452, 'another reason is one')
    const alone = new LastRefusal()
    alone.refused(answer(command, 503))
    assert.equal(alone.answer?.code, 503)
  }
})
