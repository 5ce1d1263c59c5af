/**
 * The ways in which clients say their password, right and wrong. However they stumble, nothing of it
 * stands in the record: neither in base64, nor as it is.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBase64 } from '../base/base64.ts'
import { encodeUtf8 } from '../base/octets.ts'
import { ServerEngine, defaultServerOptions } from './server-engine.ts'
import type { ServerOptions, ServerOutput } from './server-types.ts'
import { Recorder } from './test-support/recorder.ts'

const recorder = new Recorder()

const user = 'anna@south.example'
const secret = 'correct horse: battery'
const base64 = (text: string): string => encodeBase64(encodeUtf8(text))
const [name, word] = [base64(user), base64(secret)]
const plain = base64(`\0${user}\0${secret}`)
/** Base64 that looks like a word, as that of a short password of letters. */
const letters = base64('passwo')

/** What the client sends after EHLO, under TLS; `;` ends a line with CRLF, `~` with LF alone. */
const ways: readonly (readonly [title: string, octets: string])[] = [
  ['PLAIN with its initial response', `AUTH PLAIN ${plain};`],
  ['PLAIN after a challenge', `AUTH PLAIN;${plain};`],
  ['LOGIN step by step', `AUTH LOGIN;${name};${word};`],
  ['LOGIN with the name at once', `AUTH LOGIN ${name};${word};`],
  ['LOGIN with name and password at once', `AUTH LOGIN ${name} ${word};`],
  ['in lower case', `auth plain ${plain};`],
  ['in mixed case', `AuTh pLaIn ${plain};`],
  ['a space in front', ` AUTH PLAIN ${plain};`],
  ['two spaces', `AUTH  PLAIN  ${plain};`],
  ['a space behind', `AUTH PLAIN ${plain} ;`],
  ['a tab between', `AUTH\tPLAIN\t${plain};`],
  ['a tab in front', `\tAUTH LOGIN;${name};${word};`],
  ['no space', `AUTHPLAIN ${plain};`],
  ['an equals sign', `AUTH=PLAIN ${plain};`],
  ['an equals sign and nothing else', `AUTH=${plain};`],
  ['a colon', `AUTH: PLAIN ${plain};`],
  ['a NUL between', `AUTH PLAIN\0${plain};`],
  ['a bare CR between', `AUTH PLAIN\r${plain};`],
  ['lines that end with LF: PLAIN', `AUTH PLAIN ${plain}~`],
  ['lines that end with LF: PLAIN after a challenge', `AUTH PLAIN~${plain}~`],
  ['lines that end with LF: LOGIN', `AUTH LOGIN~${name}~${word}~`],
  ['lines that end with LF, then CRLF', `AUTH LOGIN~${name}~${word};`],
  ['CRLF, then LF', `AUTH LOGIN;${name}~${word}~`],
  ['LF for the last line only', `AUTH LOGIN;${name};${word}~`],
  ['no mechanism', `AUTH;${plain};`],
  ['no mechanism but a response', `AUTH ${plain};`],
  ['no mechanism but a short response', `AUTH ${letters};`],
  ['an unknown mechanism', `AUTH XOAUTH2 ${plain};`],
  ['an unknown mechanism, then its response', `AUTH SCRAM-SHA-256;${plain};`],
  ['a mechanism with a long name', `AUTH ${'X'.repeat(30)} ${plain};`],
  ['CRAM-MD5', `AUTH CRAM-MD5;${word};`],
  ['cancelled, then sent all the same', `AUTH LOGIN;*;${name};${word};`],
  ['cancelled in the second step', `AUTH LOGIN;${name};*;${word};`],
  ['no base64', `AUTH PLAIN;${secret};`],
  ['no base64 in the second step', `AUTH LOGIN;${name};${secret};${word};`],
  ['the password where the name is asked for', `AUTH LOGIN;${word};${name};`],
  ['the password twice', `AUTH LOGIN;${name};${word};${word};`],
  ['after a wrong login', `AUTH PLAIN ${base64('\0x\0y')};${plain};`],
  ['after an error', `AUTH FOO;AUTH LOGIN;${name};${word};${word};`],
  ['after another command', `AUTH LOGIN BAD=;RSET;${name};${word};`],
  ['much later', `AUTH FOO;NOOP;NOOP;MAIL FROM:<a@b>;RSET;NOOP;${word};`],
  ['within NOOP', `AUTH FOO;NOOP ${word};`],
  ['within HELP', `AUTH FOO;HELP ${secret};`],
  ['within VRFY', `AUTH FOO;VRFY ${letters};`],
  ['after a transaction began', `MAIL FROM:<a@b>;AUTH LOGIN;${name};${word};`],
  ['a second time', `AUTH PLAIN ${plain};AUTH LOGIN;${name};${word};`],
  ['too long a line', `AUTH PLAIN ${plain}${'A'.repeat(20_000)};${plain};`],
  ['too long a response', `AUTH LOGIN;${word}${'A'.repeat(20_000)};${word};`],
  ['letters beyond ASCII behind', `AUTH PLAIN ${plain}ä;${word};`],
  ['misspelled', `AUHT PLAIN ${plain};`],
  ['misspelled, with LF', `ATH LOGIN ${name}~${word}~`],
  ['the mechanism alone', `PLAIN ${plain};`],
  ['as in another protocol', `LOGIN ${user} ${secret};`],
  ['as in a third one', `USER ${user};PASS ${secret};`],
  ['as an X command', `XAUTH PLAIN ${plain};`],
]

const settings: readonly (readonly [string, Partial<ServerOptions>, string])[] = [
  ['under TLS', { tls: 'implicit', auth: 'required' }, 'EHLO x.example;'],
  ['after HELO', { tls: 'implicit', auth: 'required' }, 'HELO x.example;'],
  ['before EHLO', { tls: 'implicit', auth: 'required' }, ''],
  ['in clear text', { tls: 'starttls', auth: 'required' }, 'EHLO x.example;'],
  ['where there is no login', { tls: 'none', auth: 'off' }, 'EHLO x.example;'],
]

/** Everything that the engine has put into the record. */
function recorded(options: Partial<ServerOptions>, sent: string): readonly string[] {
  const engine = recorder.record(
    () => new ServerEngine({ ...defaultServerOptions, hostname: 'mx.example', ...options }),
  )
  const lines: string[] = []
  const run = (outputs: readonly ServerOutput[]): void => {
    for (const output of outputs) {
      if (output.type === 'heard') lines.push(output.text, `command ${output.command}`)
      if (output.type !== 'ask') continue
      const { question } = output
      const good = question.type !== 'auth' || question.password === secret
      const reply = { code: 535, enhanced: '5.7.8', lines: ['No.'] }
      run(
        engine.handle({
          type: 'answer',
          answer: good ? { type: 'accept' } : { type: 'reject', reply },
        }),
      )
    }
  }
  const secure = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }
  run(engine.handle({ type: 'connected', tls: options.tls === 'implicit' ? secure : null }))
  run(
    engine.handle({
      type: 'octets',
      octets: encodeUtf8(sent.replaceAll(';', '\r\n').replaceAll('~', '\n')),
    }),
  )
  run(engine.handle({ type: 'peerClosed' }))
  return lines
}

for (const [where, options, before] of settings) {
  test(`no password stands in the record, however it comes: ${where}`, () => {
    for (const [title, sent] of ways) {
      for (const pipelined of [sent, `${sent}QUIT;`]) {
        const text = recorded(options, before + pipelined).join('\n')
        for (const part of [word, plain, secret, letters, word.slice(0, 12), plain.slice(4, 16)]) {
          assert.ok(!text.includes(part), `${title}: ${text}`)
        }
        assert.ok(text.length > 0, title)
      }
    }
  })
}

test('what is no secret stands in the record as it was said', () => {
  const all = recorded(
    { tls: 'implicit', auth: 'optional' },
    'EHLO author.example;MAIL FROM:<author@north.example> AUTH=<>;RSET;VRFY author;' +
      'HELP AUTH;NOOP once;FOO bar;AUTH PLAIN bad=;AUTH LOGIN;*;MAIL FROM:<auth plain x@y>;' +
      'RCPT TO:<b@c>;DATA now;STARTTLS;NOOP;HELP;bar foo;QUIT;',
  )
  const lines = all.filter((_, i) => i % 2 === 0)
  assert.deepEqual(lines, [
    'EHLO author.example',
    'MAIL FROM:<author@north.example> AUTH=<>',
    'RSET',
    'VRFY author',
    'HELP AUTH',
    'NOOP once',
    'FOO bar',
    'AUTH PLAIN (hidden)',
    'AUTH LOGIN',
    '*',
    'MAIL FROM:<auth plain x@y>',
    'RCPT TO:<b@c>',
    'DATA now',
    'STARTTLS',
    'NOOP',
    'HELP',
    '(hidden)',
    'QUIT',
  ])
  const commands = all.filter((_, i) => i % 2 === 1).map((line) => line.replace('command ', ''))
  assert.deepEqual(commands, [
    'EHLO',
    'MAIL FROM',
    'RSET',
    'VRFY',
    'HELP',
    'NOOP',
    'FOO',
    'AUTH',
    'AUTH',
    'AUTH',
    'MAIL FROM',
    'RCPT TO',
    'DATA',
    'STARTTLS',
    'NOOP',
    'HELP',
    '',
    'QUIT',
  ])
})
