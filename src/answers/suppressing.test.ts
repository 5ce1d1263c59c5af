/** Which rules stop further letters to an address: only words about the recipient's mailbox may. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AtCommand } from '../smtp/client-types.ts'
import { reply } from '../smtp/reply.ts'
import { enhancedCodes, replyCodes } from './codes.ts'
import type { AnswerReading } from './kinds.ts'
import { readAnswer } from './read-answer.ts'
import { wordRules } from './word-rules.ts'
import { phraseOf } from './words.ts'

function reading(
  said: string,
  { code = 550, enhanced = null, atCommand = 'RCPT' }: Partial<Told> = {},
): AnswerReading {
  const heard = { because: 'reply', atCommand, status: enhanced ?? '5.0.0' } as const
  return readAnswer({ ...heard, reply: reply(code, enhanced, said) })
}

interface Told {
  readonly code: number
  readonly enhanced: string | null
  readonly atCommand: AtCommand
}

const suppresses = (said: string, told?: Partial<Told>): boolean => {
  return reading(said, told).advice === 'suppress'
}
const textOf = (phrase: string): string => phraseOf(phrase).parts.join(' zyx ')
const phrases = wordRules.flatMap((rule) => rule.words.map((phrase) => ({ rule, phrase })))
const suppressing = phrases.filter(({ phrase }) => suppresses(textOf(phrase)))

test('the phrases that stop further letters are those of the list, each looked at', () => {
  const golden = readFileSync(new URL('suppressing.golden.txt', import.meta.url), 'utf8')
  const made = suppressing.map(({ rule, phrase }) => `${rule.id}: ${phrase}\n`).join('')
  assert.equal(made, golden.replace(/^#.*\n/gm, ''))
})

test('of the codes four say without a word that the mailbox is gone', () => {
  const enhanced = Object.keys(enhancedCodes).filter((detail) => {
    return suppresses('Zyx', { enhanced: `5.${detail}` })
  })
  assert.deepEqual(enhanced, ['1.1', '1.6', '1.351', '2.1'])
  const codes = Object.keys(replyCodes).filter((code) => suppresses('Zyx', { code: Number(code) }))
  assert.deepEqual(codes, [])
})

test('what is said before a recipient is named stops no letters to one', () => {
  const before = ['CONNECT', 'EHLO', 'HELO', 'LHLO', 'STARTTLS', 'AUTH', 'MAIL', 'QUIT'] as const
  for (const atCommand of before) {
    for (const { phrase } of suppressing) {
      for (const enhanced of [null, '5.1.1', '5.2.1']) {
        assert.ok(!suppresses(textOf(phrase), { atCommand, enhanced }), `${atCommand}: ${phrase}`)
      }
    }
  }
  const kinds = before.map((atCommand) => reading('User unknown', { atCommand }).kind)
  assert.deepEqual(kinds.slice(5, 7), ['login-wanted', 'sender-refused'])
})

test('a code that words of something else contradict stops no letters', () => {
  const ofMailbox = new Set(['no-such-mailbox', 'mailbox-disabled'])
  for (const { rule, phrase } of phrases) {
    if (ofMailbox.has(rule.kind) || rule.only === 4) continue
    assert.ok(!suppresses(textOf(phrase), { enhanced: '5.1.1' }), phrase)
    assert.ok(!suppresses(textOf(phrase), { enhanced: '5.1.6' }), phrase)
  }
})

test('what was said of the sender, and is quoted, stops no letters to the recipient (property)', () => {
  const quoting: readonly ((said: string) => string)[] = [
    (said) =>
      `Callout verification failed: Sent: RCPT TO:<b@north.example> Response: ${said} Sender verify failed`,
    (said) =>
      `<b@north.example>: Sender address rejected: undeliverable address: host mx said: ${said}`,
    (said) => `Sender verify failed ${said}`,
  ]
  fc.assert(
    fc.property(
      fc.constantFrom(...suppressing),
      fc.constantFrom('', '550 ', '550 5.1.1 ', '550-5.2.1 '),
      fc.constantFrom(...quoting),
      fc.constantFrom(null, '5.1.1', '5.1.0', '5.7.1'),
      ({ phrase }, code, quote, enhanced) => {
        const read = reading(quote(`${code}${textOf(phrase)}`), { enhanced })
        return read.kind === 'sender-refused' && read.advice === 'give-up'
      },
    ),
  )
})

test('replies that sound like a missing mailbox and are not about it', () => {
  const said = [
    ['5.7.1', '<a@b.example>: Recipient address rejected: Access denied'],
    ['5.7.1', '<a@b.example>: Recipient address rejected: Go away'],
    [null, 'Requested action not taken: mailbox unavailable, connection closed'],
    [null, 'Requested action not taken: mailbox unavailable, invalid DNS MX record'],
    [null, 'Your account has been suspended'],
    [null, "The sender's account is disabled"],
    [null, 'Relaying is disabled'],
    [null, 'This server is no longer in use'],
    [null, 'Unrouteable address'],
    [null, 'Recipient address rejected: Domain not found'],
    ['5.7.13', 'Zyx'],
    ['5.7.17', 'The mailbox has another owner since then'],
  ] as const
  const wrong = said.filter(([enhanced, text]) => suppresses(text, { enhanced }))
  assert.deepEqual(wrong, [])
})
