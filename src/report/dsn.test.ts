import { test } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { concat, decodeUtf8, encodeUtf8, octetsOf, octetString } from '../base/octets.ts'
import { splitMessage } from '../message/header-reader.ts'
import { isAutomatic } from './automatic.ts'
import { notificationFor } from './dsn.ts'
import type { DsnRecipient, NotificationInput } from './dsn-input.ts'
import { allParts, kindOf, readParts } from './mime-parts.ts'
import { readDsn } from './read-dsn.ts'

const original = encodeUtf8(
  'From: a@north.example\r\nTo: x@slow.example\r\nSubject: Quote\r\nMessage-ID: <1@north.example>\r\n\r\nHello\r\n',
)

const failed: DsnRecipient = {
  address: 'x@slow.example',
  originalRecipient: { addressType: 'rfc822', address: 'first+tag@slow.example' },
  action: 'failed',
  status: '5.1.1',
  because: 'The server mx1.slow.example refused the recipient.',
  remote: { name: 'mx1.slow.example', ip: '192.0.2.25' },
  reply: { code: 550, enhanced: '5.1.1', lines: ['no such user', 'ask the postmaster'] },
  steps: ['mx1.slow.example has the address 192.0.2.25.', 'Connected, TLS 1.3.'],
  lastAttemptAt: Date.UTC(2026, 10, 23, 18, 29, 7),
}

const input: NotificationInput = {
  reversePath: 'a@north.example',
  smtpUtf8: false,
  envelopeId: 'env-7',
  reference: '01jd7q4m3kxw2v0a',
  arrivedAt: Date.UTC(2026, 10, 23, 18, 0, 0),
  receivedFrom: 'laptop.north.example',
  original: { octets: original, complete: true },
  recipients: [failed],
  reporter: { hostname: 'mx.north.example' },
  now: Date.UTC(2026, 10, 23, 18, 29, 8),
  random: () => 0.5,
}

function send(more: Partial<NotificationInput> = {}): {
  readonly text: string
  readonly message: Uint8Array
  readonly smtpUtf8: boolean
  readonly eightBit: boolean
  readonly subject: string
  readonly about: readonly string[]
} {
  const made = notificationFor({ ...input, ...more })
  if (made.type !== 'send') assert.fail(`none: ${made.because}`)
  return { ...made, text: octetString(made.message) }
}

function kinds(message: Uint8Array): readonly string[] {
  return allParts(readParts(message)).map(kindOf)
}

// Golden files: UPDATE=1 accepts what is made now.
const golden: Readonly<Record<string, Partial<NotificationInput>>> = {
  '01-refused': {},
  '02-delayed': {
    recipients: [
      {
        address: 'x@slow.example',
        action: 'delayed',
        status: '4.4.1',
        because: 'No mail server of slow.example could be reached.',
        lastAttemptAt: Date.UTC(2026, 10, 23, 22, 0, 0),
        willRetryUntil: Date.UTC(2026, 10, 28, 18, 0, 0),
      },
    ],
  },
  '03-delivered': {
    recipients: [
      {
        address: 'x@slow.example',
        notify: ['success', 'failure'],
        action: 'delivered',
        status: '2.0.0',
        because: '',
        remote: { ip: '2001:db8::25' },
        reply: { code: 250, enhanced: null, lines: ['queued'] },
      },
    ],
  },
  '04-utf8': {
    reversePath: 'jürgen@north.example',
    smtpUtf8: true,
    original: {
      octets: encodeUtf8('From: jürgen@north.example\r\nSubject: Grüße\r\n\r\nHallo\r\n'),
      complete: true,
    },
    recipients: [{ ...failed, address: 'müller@slow.example' }],
  },
  '05-relayed': {
    envelopeId: 'QQ 314159  a',
    recipients: [
      {
        address: 'dana@ivory.example',
        originalRecipient: { addressType: 'rfc822', address: 'Dana@Ivory.example' },
        notify: ['success', 'failure'],
        action: 'relayed',
        status: '2.0.0',
        because: 'mx.ivory.example took the message.',
        remote: { name: 'mx.ivory.example', ip: '192.0.2.26' },
        reply: { code: 250, enhanced: '2.0.0', lines: ['queued as 4711'] },
        lastAttemptAt: Date.UTC(2026, 10, 23, 18, 29, 7),
      },
    ],
  },
  '06-expanded': {
    recipients: [
      {
        address: 'team@north.example',
        originalRecipient: { addressType: 'rfc822', address: 'team@north.example' },
        notify: ['success'],
        action: 'expanded',
        status: '2.0.0',
        because: 'The address leads to several others.',
        lastAttemptAt: Date.UTC(2026, 10, 23, 18, 29, 7),
      },
    ],
  },
  '07-failed-headers': { ret: 'headers' },
  '08-failed-full': { ret: 'full' },
  '09-mixed': {
    ret: 'full',
    recipients: [
      { ...failed, notify: ['failure'] },
      { ...failed, address: 'quiet@slow.example', notify: ['never'] },
      {
        address: 'late@slow.example',
        notify: ['failure', 'delay'],
        action: 'delayed',
        status: '4.2.2',
        because: 'The mailbox is full.',
        remote: { name: 'mx1.slow.example', ip: '192.0.2.25' },
        reply: { code: 452, enhanced: '4.2.2', lines: ['over quota'] },
        lastAttemptAt: Date.UTC(2026, 10, 23, 18, 29, 7),
        willRetryUntil: Date.UTC(2026, 10, 28, 18, 0, 0),
      },
      { ...failed, address: 'patient@slow.example', notify: ['success'], action: 'delayed' },
      {
        address: 'glad@slow.example',
        notify: ['success'],
        action: 'relayed',
        status: '2.0.0',
        because: 'mx1.slow.example took the message.',
        remote: { name: 'mx1.slow.example', ip: '192.0.2.25' },
        reply: { code: 250, enhanced: null, lines: ['ok'] },
      },
    ],
  },
  '10-led-on': {
    recipients: [{ ...failed, address: 'ann@far.example', rcptTo: 'ann@north.example', steps: [] }],
  },
  '11-utf8-goes-on': {
    smtpUtf8: true,
    goesOn: true,
    original: {
      octets: encodeUtf8('From: a@north.example\r\nSubject: Grüße\r\n\r\nHallo, schöne Welt\r\n'),
      complete: true,
    },
    recipients: [{ ...failed, address: 'müller@slow.example' }],
  },
}
for (const [name, more] of Object.entries(golden)) {
  test(`golden: ${name}`, () => {
    const file = new URL(`dsn-golden/${name}.eml`, import.meta.url)
    const { message } = send(more)
    if (process.env['UPDATE'] === '1') writeFileSync(file, message)
    assert.equal(decodeUtf8(message), readFileSync(file, 'utf8'))
  })
}

test('no report for the null reverse-path', () => {
  assert.deepEqual(notificationFor({ ...input, reversePath: '' }), {
    type: 'none',
    because: 'null-sender',
  })
})

type Notify = NonNullable<DsnRecipient['notify']>
const asked: readonly (readonly [Notify | undefined, DsnRecipient['action'], boolean])[] = [
  [undefined, 'failed', true],
  [undefined, 'delayed', true],
  [undefined, 'delivered', false],
  [undefined, 'relayed', false],
  [undefined, 'expanded', false],
  [['never'], 'failed', false],
  [['never'], 'delayed', false],
  [['never'], 'delivered', false],
  [['failure'], 'failed', true],
  [['failure'], 'delayed', false],
  [['failure'], 'delivered', false],
  [['delay'], 'failed', false],
  [['delay'], 'delayed', true],
  [['success'], 'failed', false],
  [['success'], 'delivered', true],
  [['success'], 'relayed', true],
  [['success'], 'expanded', true],
  [['success', 'failure', 'delay'], 'delayed', true],
]
for (const [notify, action, wanted] of asked) {
  test(`NOTIFY=${notify?.join() ?? '(none)'}: a report of ${action} is ${wanted ? '' : 'not '}sent`, () => {
    const recipient = notify === undefined ? { ...failed, action } : { ...failed, action, notify }
    const made = notificationFor({ ...input, recipients: [recipient] })
    assert.equal(made.type, wanted ? 'send' : 'none')
  })
}

test('only those who are asked about are reported', () => {
  const { about, text } = send({
    recipients: [failed, { ...failed, address: 'quiet@slow.example', notify: ['never'] }],
  })
  assert.deepEqual(about, ['x@slow.example'])
  assert.doesNotMatch(text, /quiet/)
})

test('the class of the status is that of the action', () => {
  const status = (recipient: Partial<DsnRecipient>): string | undefined =>
    /^Status: (.*)\r$/m.exec(send({ recipients: [{ ...failed, ...recipient }] }).text)?.[1]
  assert.equal(status({ status: '4.4.1' }), '5.4.1')
  assert.equal(status({ status: '5.4.1', action: 'delayed' }), '4.4.1')
  assert.equal(status({ status: 'nonsense' }), '5.0.0')
  assert.equal(status({ status: '5.1.1\r\nX: y' }), '5.0.0')
})

test('a report is read back as it was meant', () => {
  const read = readDsn(send().message)
  assert.deepEqual(read, {
    type: 'dsn',
    source: 'report',
    reportingMta: 'mx.north.example',
    originalEnvelopeId: 'env-7',
    arrivalDate: 'Mon, 23 Nov 2026 18:00:00 +0000',
    recipients: [
      {
        finalRecipient: 'x@slow.example',
        originalRecipient: 'first+tag@slow.example',
        action: 'failed',
        status: '5.1.1',
        remoteMta: 'mx1.slow.example',
        diagnosticCode: 'smtp; 550-5.1.1 no such user 550 5.1.1 ask the postmaster',
        lastAttemptDate: 'Mon, 23 Nov 2026 18:29:07 +0000',
        willRetryUntil: undefined,
      },
    ],
    originalMessageId: '<1@north.example>',
  })
})

test('a report is recognised as automatic and never answered', () => {
  const { fields } = splitMessage(send().message).header
  assert.equal(isAutomatic(fields).automatic, true)
})

test('the whole message comes back after a failure, its header after anything else', () => {
  const report = ['multipart/report', 'text/plain', 'message/delivery-status']
  assert.deepEqual(kinds(send().message), [...report, 'message/rfc822'])
  assert.deepEqual(kinds(send({ ret: 'full' }).message), [...report, 'message/rfc822'])
  const header = [...report, 'text/rfc822-headers']
  assert.deepEqual(kinds(send({ ret: 'headers' }).message), header)
  assert.deepEqual(kinds(send({ recipients: [{ ...failed, action: 'delayed' }] }).message), header)
  assert.deepEqual(kinds(send({ maxReturnedOctets: 50 }).message), header)
  const cut = { octets: original, complete: false }
  assert.deepEqual(kinds(send({ original: cut }).message), header)
  assert.doesNotMatch(send({ ret: 'headers' }).text, /Hello/)
})

test('a message that cannot be sent again as it is comes back as its header', () => {
  for (const body of ['a\nb\r\n', 'a\rb\r\n', 'a\0b\r\n', `${'x'.repeat(1200)}\r\n`]) {
    const octets = concat([original, encodeUtf8(body)])
    const { message, text } = send({ original: { octets, complete: true } })
    assert.ok(kinds(message).includes('text/rfc822-headers'))
    for (const line of text.split('\r\n')) {
      assert.ok(line.length <= 998)
      assert.doesNotMatch(line, /[\r\n\0]/)
    }
  }
})

test('octets over 127 are declared, or coded where only the header is returned', () => {
  const octets = concat([encodeUtf8('Subject: gr\u00fcn\r\n\r\n'), new Uint8Array([0xff, 13, 10])])
  const full = send({ original: { octets, complete: true } })
  assert.equal(full.eightBit, true)
  assert.match(full.text, /^Content-Transfer-Encoding: 8bit\r$/m)
  const header = send({ original: { octets, complete: true }, ret: 'headers' })
  assert.equal(header.eightBit, false)
  assert.match(header.text, /Subject: gr=C3=BCn/)
  assert.doesNotMatch(header.text, /[^\x00-\x7f]/)
})

test('an address in UTF-8 is written in ASCII for a sender that cannot take UTF-8', () => {
  const { text, smtpUtf8, message } = send({
    recipients: [{ ...failed, address: 'm\u00fcll+er@slow.example' }],
  })
  assert.equal(smtpUtf8, false)
  assert.match(text, /^Final-Recipient: utf-8; m\\x\{FC\}ll\\x\{2B\}er@slow\.example\r$/m)
  assert.doesNotMatch(text, /[^\x00-\x7f]/)
  const read = readDsn(message)
  assert.equal(
    read.type === 'dsn' && read.recipients[0]?.finalRecipient,
    'm\u00fcll+er@slow.example',
  )
})

test('a huge header is returned in part, whole fields only', () => {
  const fields = Array.from({ length: 3000 }, (_, i) => `X-${i}: ${'v'.repeat(40)}\r\n`).join('')
  const { message } = send({
    original: { octets: encodeUtf8(`${fields}\r\nbody`), complete: true },
    ret: 'headers',
  })
  assert.ok(message.length < 40_000)
})

test('what the other server said cannot leave its place (property)', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc
      .array(
        fc.constantFrom(
          '\r\n',
          '\n',
          '\r',
          '--',
          '=_iiiiiiiiiiiiiiiiiiiiiiii',
          'Action: delivered',
          ' ',
          ':',
          '\0',
          '\u2028',
          '\xff',
          'ü',
          '.',
          '\r\n\r\n',
        ),
        { maxLength: 20 },
      )
      .map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(hostile, hostile, hostile, fc.boolean(), (line, name, subject, smtpUtf8) => {
      const octets = encodeUtf8(`Subject: ${subject.replace(/[\r\n]/g, ' ')}\r\n\r\nbody\r\n`)
      const {
        message,
        text,
        subject: shown,
      } = send({
        smtpUtf8,
        envelopeId: line,
        receivedFrom: name,
        reference: line,
        // The boundary is not 0.5 everywhere here: a stranger cannot know it.
        random: () => 0.25,
        original: { octets, complete: true },
        recipients: [
          {
            ...failed,
            address: name,
            originalRecipient: { addressType: line, address: name },
            because: line,
            remote: { name, ip: line },
            reply: { code: 550, enhanced: null, lines: [line, name, subject] },
            steps: [line, subject],
          },
        ],
      })
      assert.equal(readParts(message).parts.length, 3)
      const read = readDsn(message)
      assert.ok(read.type === 'dsn' && read.source === 'report')
      assert.deepEqual(
        read.recipients.map(({ action, status }) => [action, status]),
        [['failed', '5.1.1']],
      )
      assert.doesNotMatch(shown, /[\r\n]/)
      for (const one of text.split('\r\n')) {
        assert.ok(one.length <= 998)
        assert.doesNotMatch(one, /[\r\n]/)
      }
    }),
  )
})

test('all recipients are reported, and a hundred of them explained', () => {
  const recipients = Array.from({ length: 130 }, (_, i): DsnRecipient => {
    return { ...failed, address: `x${i}@slow.example` }
  })
  const { about, message, text } = send({ recipients })
  assert.equal(about.length, 130)
  const read = readDsn(message)
  assert.equal(read.type === 'dsn' && read.recipients.length, 130)
  assert.match(text, /could not be delivered to x99@slow\.example/)
  assert.doesNotMatch(text, /could not be delivered to x100@slow\.example/)
  assert.match(text, /names 30 more\r\nrecipients|names 30 more recipients/)
  assert.equal(text.split('Step by step:').length, 2, 'what all share is told once')
})

test('a report to a server that may lack SMTPUTF8 needs none (RFC 6533 §4.5)', () => {
  const utf8 = encodeUtf8('From: a@north.example\r\nSubject: Grüße\r\n\r\nschön\r\n')
  const here = { smtpUtf8: true, original: { octets: utf8, complete: true } }
  const recipients = [{ ...failed, address: 'müller@slow.example' }]
  const global = ['message/global-delivery-status', 'message/global']
  const filed = send({ ...here, recipients })
  assert.deepEqual([filed.smtpUtf8, filed.eightBit], [true, true])
  assert.deepEqual(kinds(filed.message).slice(2), global)
  for (const ret of ['full', 'headers'] as const) {
    const onward = send({ ...here, recipients, ret, goesOn: true })
    assert.deepEqual([onward.smtpUtf8, onward.eightBit], [false, false])
    assert.doesNotMatch(onward.text, /[^\x00-\x7f]|8bit/)
    assert.equal(kinds(onward.message)[3], ret === 'full' ? global[1] : 'message/global-headers')
    const read = readDsn(onward.message)
    assert.ok(read.type === 'dsn' && read.source === 'report')
    assert.equal(read.recipients[0]?.finalRecipient, 'müller@slow.example')
  }
  // Who has an address in UTF-8 has a server that takes it.
  const own = send({ ...here, recipients, goesOn: true, reversePath: 'jürgen@north.example' })
  assert.deepEqual([own.smtpUtf8, own.eightBit], [true, true])
})

test('where 8-bit may not pass, the header comes back alone (RFC 6522 §3)', () => {
  const octets = concat([original, encodeUtf8('schön\r\n')])
  const whole = { octets, complete: true }
  assert.equal(kinds(send({ original: whole }).message)[3], 'message/rfc822')
  const onward = send({ original: whole, goesOn: true })
  assert.equal(kinds(onward.message)[3], 'text/rfc822-headers')
  assert.equal(onward.eightBit, false)
  assert.equal(kinds(send({ goesOn: true }).message)[3], 'message/rfc822')
})

test('forms for UTF-8 are for what has some (RFC 6533 §4.4)', () => {
  const { message, smtpUtf8, eightBit } = send({ smtpUtf8: true })
  assert.deepEqual(kinds(message).slice(2), ['message/delivery-status', 'message/rfc822'])
  assert.deepEqual([smtpUtf8, eightBit], [false, false])
})

/** RFC 6533 §3. */
const addresses: readonly (readonly [
  type: string,
  address: string,
  ascii: string,
  utf8: string,
])[] = [
  ['rfc822', 'a+b=c@x.example', 'rfc822; a+b=c@x.example', 'rfc822; a+b=c@x.example'],
  ['RFC822', 'Ann@X.example', 'RFC822; Ann@X.example', 'RFC822; Ann@X.example'],
  ['rfc822', '"a  b"@x.example', 'rfc822; "a  b"@x.example', 'rfc822; "a  b"@x.example'],
  ['utf-8', 'a@x.example', 'utf-8; a@x.example', 'utf-8; a@x.example'],
  ['utf-8', 'a+b=@x.example', 'utf-8; a\\x{2B}b\\x{3D}@x.example', 'utf-8; a+b=@x.example'],
  ['utf-8', '"a\\ b"@x.example', 'utf-8; "a\\x{5C}\\x{20}b"@x.example', 'utf-8; "a\\ b"@x.example'],
  ['UTF-8', 'ü+@x.example', 'utf-8; \\x{FC}\\x{2B}@x.example', 'utf-8; ü+@x.example'],
  ['rfc822', 'ü@x.example', 'utf-8; \\x{FC}@x.example', 'utf-8; ü@x.example'],
  ['utf-8', '漢😀@x.example', 'utf-8; \\x{6F22}\\x{1F600}@x.example', 'utf-8; 漢😀@x.example'],
  // What is no mailbox is not undone.
  ['utf-8', 'no mailbox+', 'utf-8; no\\x{20}mailbox\\x{2B}', 'utf-8; no\\x{20}mailbox\\x{2B}'],
  ['x400', '/c=us/g=ann/', 'x400; /c=us/g=ann/', 'x400; /c=us/g=ann/'],
]
for (const [addressType, address, ascii, utf8] of addresses) {
  test(`Original-Recipient of ${addressType};${address}`, () => {
    const recipients = [{ ...failed, originalRecipient: { addressType, address } }]
    const field = (text: string): string | undefined => {
      return /^Original-Recipient: (.*)\r$/m.exec(decodeUtf8(octetsOf(text)) ?? '')?.[1]
    }
    assert.equal(field(send({ recipients }).text), ascii)
    // Something else in the report keeps it in UTF-8.
    const more = [...recipients, { ...failed, address: 'ü@slow.example' }]
    assert.equal(field(send({ recipients: more, smtpUtf8: true }).text), utf8)
  })
}

test('ENVID comes back with its spelling, spaces too (RFC 3464 §2.2.1)', () => {
  const { text } = send({ envelopeId: 'Env  7 +=;"\\' })
  assert.match(text, /^Original-Envelope-Id: Env {2}7 \+=;"\\\r$/m)
})

test('what the letter did not say is not made up (RFC 3461 §6.3)', () => {
  const { address, action, status, because } = failed
  const made = notificationFor({
    reversePath: 'a@north.example',
    smtpUtf8: false,
    reference: input.reference,
    arrivedAt: input.arrivedAt,
    original: input.original,
    recipients: [{ address, action, status, because }],
    reporter: input.reporter,
    now: input.now,
    random: input.random,
  })
  assert.ok(made.type === 'send')
  const text = octetString(made.message)
  assert.doesNotMatch(
    text,
    /^(?:Original-|Remote-MTA|Received-From|Will-Retry|Last-Attempt|SMTP-Remote)/m,
  )
  assert.match(text, /^Diagnostic-Code: X-Waybill; /m)
})

test('names of servers are in ASCII, whatever they were called (RFC 3461 §9.3)', () => {
  const recipients = [{ ...failed, remote: { name: 'bücher.example' } }]
  const { text } = send({ recipients, smtpUtf8: true, reversePath: 'ü@north.example' })
  assert.match(text, /^Remote-MTA: dns; xn--bcher-kva\.example\r$/m)
})

test('a clause without a full stop ends with one, and what has one is left alone', () => {
  for (const [because, told] of [
    [
      'The server refused the recipient for good',
      'to b@south.example. The server refused the recipient for good.',
    ],
    ['Nobody is there.', 'to b@south.example. Nobody is there.'],
    ['Why?', 'to b@south.example. Why?'],
    ['', 'to b@south.example. '],
  ] as const) {
    const { text } = send({ recipients: [{ ...failed, address: 'b@south.example', because }] })
    const words = text.replaceAll(/\s+/g, ' ')
    assert.ok(words.includes(told), words)
    assert.ok(!words.includes(`${told.trim()}.`))
  }
})
