import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AtCommand } from './client-types.ts'
import { effectOf, isForNow, type ReplyEffect } from './reply-effect.ts'

const commands: readonly AtCommand[] = [
  'CONNECT',
  'EHLO',
  'HELO',
  'LHLO',
  'STARTTLS',
  'AUTH',
  'MAIL',
  'RCPT',
  'DATA',
  'MESSAGE',
  'RSET',
  'QUIT',
]

/** What is not here does nothing to the connection. */
const effects: Readonly<Record<string, Partial<Record<AtCommand, ReplyEffect>>>> = {
  '450': { MAIL: 'may-have-had-enough', DATA: 'may-have-had-enough' },
  '452': { MAIL: 'may-have-had-enough', DATA: 'may-have-had-enough', RCPT: 'no-room' },
  '452 4.2.2': { MAIL: 'may-have-had-enough', DATA: 'may-have-had-enough', RCPT: 'no-room' },
  '499': { MAIL: 'may-have-had-enough', DATA: 'may-have-had-enough' },
  '500': {},
  '550 5.5.3': {},
  '552': { RCPT: 'no-room' },
  '552 5.5.3': { RCPT: 'no-room' },
  '552 5.2.2': {},
  '554': {},
}

function replyOf(text: string) {
  const [code, enhanced = null] = text.split(' ')
  return { code: Number(code), enhanced, lines: [] }
}

test('what each reply does at each command', () => {
  for (const [text, at] of Object.entries(effects)) {
    for (const command of commands) {
      assert.equal(effectOf(replyOf(text), command), at[command] ?? 'none', `${text} to ${command}`)
    }
  }
  for (const command of commands) {
    const closes = command === 'MESSAGE' ? 'judges-and-closes' : 'closes'
    assert.equal(effectOf(replyOf('421'), command), closes)
  }
})

test('the first digit says whether it is for now, but for the 552 that stands for 452', () => {
  for (const text of [...Object.keys(effects), '421']) {
    for (const command of commands) {
      const isThat = command === 'RCPT' && ['552', '552 5.5.3'].includes(text)
      assert.equal(isForNow(replyOf(text), command), text.startsWith('4') || isThat, text)
    }
  }
})
