import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AtCommand } from '../smtp/client-types.ts'
import { refusedBy, setback } from '../smtp/failure.ts'
import { reply } from '../smtp/reply.ts'
import type { AnswerReading } from './kinds.ts'
import { readAnswer } from './read-answer.ts'
import { replyOf } from './reply-of.ts'

function reading(text: string, atCommand: AtCommand = 'RCPT'): AnswerReading {
  const said = replyOf(text)
  assert.ok(said, text)
  return readAnswer({ because: 'reply', atCommand, status: '5.0.0', reply: said })
}

const lines = readFileSync(new URL('replies.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

test('real replies of many servers are read as what they mean', () => {
  assert.ok(lines.length > 350, String(lines.length))
  const wrong = lines.flatMap((line) => {
    const [, kind = '', stage = '', text = ''] = /^(\S+) (\S+) (.*)$/.exec(line) ?? []
    const read = reading(text, stage as AtCommand)
    return read.kind === kind ? [] : [`${read.kind} by ${read.rule}: ${line}`]
  })
  assert.deepEqual(wrong, [])
})

test('an exact enhanced code is believed rather than ordinary words, and says so', () => {
  const read = reading('550 5.2.2 <anna@south.example>... User unknown')
  assert.equal(read.kind, 'mailbox-full')
  assert.equal(read.rule, 'enhanced.2.2')
  assert.equal(read.against?.rule, 'words.no-such-mailbox')
  assert.match(read.against.because, /enhanced code is exact/)
})

test('words that cannot be mistaken are believed rather than any enhanced code', () => {
  const read = reading('550 5.1.1 Rejected, 192.0.2.9 is listed in zen.spamhaus.org')
  assert.deepEqual([read.kind, read.scope, read.advice], ['listed', 'ourselves', 'pause-source'])
  assert.equal(read.against?.rule, 'enhanced.1.1')
})

test('where code and words agree, or the code says too little, nothing contradicts', () => {
  for (const text of [
    '550 5.1.1 User unknown',
    '550 5.7.1 User unknown',
    '550 5.0.0 User unknown',
  ]) {
    const read = reading(text)
    assert.equal(read.kind, 'no-such-mailbox', text)
    assert.equal(read.against, undefined, text)
  }
})

test('who is refused, and what is to be done, follow from kind, command and code', () => {
  const cases: readonly (readonly [string, AtCommand, string, string])[] = [
    ['550 5.1.1 No such user', 'RCPT', 'recipient', 'suppress'],
    ['450 4.1.1 No such user', 'RCPT', 'recipient', 'retry'],
    ['450 4.2.0 Greylisted', 'RCPT', 'recipient', 'retry'],
    ['452 4.2.2 Mailbox full', 'RCPT', 'recipient', 'retry'],
    ['552 5.2.2 Mailbox full', 'RCPT', 'recipient', 'give-up'],
    ['550 5.1.1 Mailbox full', 'RCPT', 'recipient', 'give-up'],
    ['421 4.3.2 Shutting down', 'CONNECT', 'destination', 'pause-destination'],
    ['421 4.3.0 Temporary system problem', 'MESSAGE', 'message', 'retry'],
    ['451 4.3.0 Try again later', 'RCPT', 'recipient', 'retry'],
    ['450 4.7.1 Rate limit exceeded', 'MAIL', 'destination', 'pause-destination'],
    ['421 Too many connections', 'CONNECT', 'destination', 'retry'],
    ['450 4.2.1 The user is receiving mail too quickly', 'RCPT', 'recipient', 'retry'],
    ['452 4.5.3 Too many recipients', 'RCPT', 'recipient', 'retry'],
    ['554 5.7.1 blocked using bl.spamcop.net', 'RCPT', 'ourselves', 'pause-source'],
    ['554 5.7.1 blocked using multi.surbl.org', 'MESSAGE', 'message', 'give-up'],
    ['450 4.7.1 blocked using multi.surbl.org', 'MESSAGE', 'message', 'retry'],
    ['550 5.7.1 poor reputation', 'CONNECT', 'ourselves', 'pause-source'],
    ['554 5.7.1 Rejected by policy', 'CONNECT', 'ourselves', 'pause-source'],
    // What a greeting does not explain is about who calls: it knows no more.
    ['554 Zyx', 'CONNECT', 'ourselves', 'pause-source'],
    ['550 Zyx', 'EHLO', 'ourselves', 'pause-source'],
    ['554 No SMTP service here', 'CONNECT', 'ourselves', 'pause-source'],
    ['554 Zyx', 'RCPT', 'recipient', 'give-up'],
    ['554 5.7.1 Rejected by policy', 'RCPT', 'recipient', 'give-up'],
    ['550 5.7.25 No PTR', 'RCPT', 'ourselves', 'retry-elsewhere'],
    ['550 5.7.26 DMARC', 'MESSAGE', 'message', 'give-up'],
    ['530 5.7.0 Must issue a STARTTLS command first', 'MAIL', 'destination', 'pause-destination'],
    ['530 Authentication required', 'MAIL', 'destination', 'pause-destination'],
    ['554 5.7.1 Relay access denied', 'RCPT', 'destination', 'give-up'],
    ['452 4.3.1 Insufficient system storage', 'MAIL', 'destination', 'pause-destination'],
    ['550 5.7.1 Message rejected as spam', 'MESSAGE', 'message', 'give-up'],
    ['555 5.5.4 SMTPUTF8 not known', 'MAIL', 'connection', 'retry-elsewhere'],
  ]
  for (const [text, stage, scope, advice] of cases) {
    const read = reading(text, stage)
    assert.deepEqual(
      [read.scope, read.advice],
      [scope, advice],
      `${text} to ${stage}: ${read.rule}`,
    )
  }
})

test('a code alone says what RFC 5321 has it say at that command', () => {
  const cases: readonly (readonly [number, AtCommand, string, string])[] = [
    // RFC 5321 §4.2.2: the name that is not allowed is the one that was just said.
    [553, 'MAIL', 'sender-refused', 'code.553'],
    [553, 'RCPT', 'no-such-mailbox', 'code.553'],
    [550, 'MAIL', 'unknown', 'code.550'],
    // RFC 1870 §6.1: the size is said with MAIL, and seen after the message.
    [552, 'MAIL', 'too-big', 'code.552'],
    [552, 'MESSAGE', 'too-big', 'code.552'],
    [552, 'RCPT', 'mailbox-full', 'code.552'],
    [451, 'MAIL', 'try-later', 'code.451'],
    [499, 'RCPT', 'try-later', 'code.4xx'],
    [500, 'RCPT', 'protocol', 'code.500'],
    [599, 'RCPT', 'unknown', 'code.5xx'],
  ]
  for (const [code, stage, kind, rule] of cases) {
    const read = reading(`${code} Zyx`, stage)
    assert.deepEqual([read.kind, read.rule], [kind, rule], `${code} to ${stage}`)
  }
})

test('a 552 that stands for 452 is a refusal for now, but in the report of a server that gave up', () => {
  const reply = { code: 552, enhanced: null, lines: ['Zyx'] }
  const heard = refusedBy(reply, 'RCPT')
  assert.equal(heard.result, 'deferred')
  assert.equal(readAnswer(heard).advice, 'retry')
  assert.equal(readAnswer({ ...heard, status: '5.0.0' }).advice, 'give-up')
})

test('what happened without a word of the server', () => {
  const shown = (
    ['timeout', 'unknownAfterMessage', 'tlsFailed', 'smtpUtf8NotOffered'] as const
  ).map((because) => {
    const { kind, scope, advice, rule } = readAnswer(setback(because, 'MAIL'))
    return [kind, scope, advice, rule]
  })
  assert.deepEqual(shown, [
    ['network', 'connection', 'retry-elsewhere', 'own.timeout'],
    ['network', 'connection', 'retry', 'own.unknownAfterMessage'],
    ['tls-wanted', 'connection', 'retry-elsewhere', 'own.tlsFailed'],
    ['unsupported', 'connection', 'retry-elsewhere', 'own.smtpUtf8NotOffered'],
  ])
})

test('addresses in a reply are not taken for words of it', () => {
  assert.equal(reading('550 <spam-virus@mailbox-full.example> rejected').kind, 'unknown')
})

test('the enhanced code inside the text counts, an address that looks like one does not', () => {
  assert.equal(reading('550 refused (#5.2.2)').rule, 'enhanced.2.2')
  assert.equal(reading('550 refused 5.2.2.1').kind, 'unknown')
  assert.equal(reading('550 refused (#4.2.2)').kind, 'unknown')
})

const commands = ['CONNECT', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'MESSAGE', 'AUTH', 'QUIT'] as const
const words = lines.flatMap((line) => line.split(/(?<= )/))

test('whatever is said, it is read without a fault, the same each time', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 300, unit: 'binary' }),
    fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(
      fc.integer({ min: 400, max: 599 }),
      fc.option(fc.constantFrom('.1.1', '.7.1', '.999.999', '.0.0')),
      fc.array(text, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(...commands),
      (code, detail, said, atCommand) => {
        const enhanced = detail === null ? null : `${Math.floor(code / 100)}${detail}`
        const heard = {
          because: 'reply',
          atCommand,
          status: '5.0.0',
          reply: reply(code, enhanced, ...said),
        } as const
        const read = readAnswer(heard)
        assert.deepEqual(readAnswer(heard), read)
        // Nothing turns "for good" into "for now": who was refused for now is only put off.
        if (code < 500) assert.ok(!['give-up', 'suppress'].includes(read.advice), read.rule)
      },
    ),
  )
})

test('64 KiB of anything are read in bounded time', () => {
  const parts = [
    ' ',
    'a',
    'mailbox ',
    'user mailbox account ',
    'é',
    '5.',
    '@',
    '<',
    '一',
    ' ip ',
    '-',
  ]
  for (const part of parts) {
    const said = part.repeat(65_536 / part.length)
    const begin = performance.now()
    readAnswer({
      because: 'reply',
      atCommand: 'RCPT',
      status: '5.0.0',
      reply: reply(550, null, said),
    })
    const tookMs = performance.now() - begin
    // It is a few milliseconds; what grows with the square of the length would take minutes.
    assert.ok(tookMs < 2000, `${JSON.stringify(part)} took ${tookMs} ms`)
  }
})
