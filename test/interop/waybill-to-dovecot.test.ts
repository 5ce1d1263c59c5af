/** Dovecot keeps the mailboxes: Waybill hands letters on by LMTP, with an answer for each recipient. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dovecotPrograms, openDovecot } from './dovecot.ts'
import { letterText } from './letters.ts'
import { peersAreHere } from './peers.ts'
import { submit } from './swaks.ts'
import { SmtpTalk } from '../../src/app/test-support/smtp-talk.ts'
import { anna, domain, openWaybill, stepsOf } from './waybill.ts'

test('of three recipients one has the letter, one is full, and one is nobody', async (t) => {
  if (!peersAreHere(t, { programs: [...dovecotPrograms, 'swaks'], root: true })) return
  const dovecot = await openDovecot(t, { 'joe@store.example': 0, 'full@store.example': 1 })
  const waybill = await openWaybill(t, {
    settings: `[[route]]\ndomains = ["store.example"]\nvia = "lmtp:${dovecot.socket}"\n`,
  })
  const to = ['joe@store.example', 'full@store.example', 'nobody@store.example']
  const body = ['.', '..dots', 'Hello', '']
  const letter = letterText({ from: anna, to: 'joe@store.example', subject: 'by LMTP', body })
  const id = await submit(waybill.ports.submissions, { from: anna, to }, letter)
  const record = await waybill.journeyWhere('settled', (one) => {
    return one.id === id && stepsOf(one, 'attempt').length >= 3
  })
  const attempts = stepsOf(record, 'attempt').map(({ recipient, result, answer }) => {
    return [recipient, result, answer?.enhanced, answer?.atCommand]
  })
  assert.deepEqual(
    attempts.toSorted(([a = ''], [b = '']) => a.localeCompare(b)),
    [
      ['full@store.example', 'failed', '5.2.2', 'MESSAGE'],
      ['joe@store.example', 'delivered', '2.0.0', 'DATA'],
      ['nobody@store.example', 'failed', '5.1.1', 'RCPT'],
    ],
  )
  const [kept, ...more] = await dovecot.kept('joe@store.example')
  assert.equal(more.length, 0)
  assert.match(kept ?? '', /^Return-Path: <anna@north\.example>/m)
  assert.match(kept ?? '', /\n\n\.\n\.\.dots\nHello\n+$/)
  assert.deepEqual(await dovecot.kept('full@store.example'), [])
})

test('whom Dovecot does not know is refused while the sender waits, and nobody has to be written to', async (t) => {
  if (!peersAreHere(t, { programs: dovecotPrograms, root: true })) return
  const dovecot = await openDovecot(t, { [`kim@${domain}`]: 0 })
  const waybill = await openWaybill(t, {
    settings: `[[route]]\ndomains = ["${domain}"]\nvia = "lmtp:${dovecot.socket}"\n`,
  })
  const talk = await SmtpTalk.greeted(waybill.ports.smtp)
  await talk.say('MAIL FROM:<joe@south.example>', 250)
  await talk.say(`RCPT TO:<nobody@${domain}>`, 550)
  await talk.say(`RCPT TO:<kim@${domain}>`, 250)
  // Of the settings: known without asking.
  await talk.say(`RCPT TO:<${anna}>`, 250)
  await talk.quit()
})
