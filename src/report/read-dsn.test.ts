import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { encodeBase64 } from '../base/base64.ts'
import { encodeUtf8, octetsOf } from '../base/octets.ts'
import { allParts, kindOf, readParts } from './mime-parts.ts'
import { type DsnReading, openDsn, readDsn } from './read-dsn.ts'

const status = [
  'Reporting-MTA: dns; mx.example',
  '',
  'Final-Recipient: rfc822; a@b.example',
  'Action: failed',
  'Status: 5.1.1 (no such user)',
  '',
  'Original-Recipient: rfc822;c@d.example',
  'Final-Recipient: RFC822;<e@f.example>',
  'Action: Delayed',
  'Diagnostic-Code: smtp; 451 4.7.1 come',
  '\tback later',
]

function report(lines: readonly string[], more: readonly string[] = []): string {
  return [
    'From: MAILER-DAEMON@mx.example',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
    '',
    '--b',
    '',
    'It did not work.',
    '--b',
    'Content-Type: message/delivery-status',
    ...more,
    '',
    ...lines,
    '--b',
    'Content-Type: message/rfc822',
    '',
    'Message-ID: <1@x.example>',
    '',
    'Final-Recipient: rfc822; not@me.example',
    '--b--',
  ].join('\n')
}

function short(read: DsnReading): readonly string[] {
  if (read.type !== 'dsn') return [read.type]
  return read.recipients.map((r) => `${r.finalRecipient} ${r.action} ${r.status}`)
}

function read(text: string): DsnReading {
  return readDsn(octetsOf(text))
}

const both = ['a@b.example failed 5.1.1', 'e@f.example delayed 4.7.1']

test('a report is read whatever ends its lines', () => {
  const text = report(status)
  for (const end of ['\n', '\r\n', '\r']) {
    const found = read(text.replaceAll('\n', end))
    assert.deepEqual(short(found), both)
    assert.ok(found.type === 'dsn')
    assert.equal(found.source, 'report')
    assert.equal(found.reportingMta, 'mx.example')
    assert.equal(found.originalMessageId, '<1@x.example>')
    assert.equal(found.recipients[1]?.originalRecipient, 'c@d.example')
    assert.equal(found.recipients[1]?.diagnosticCode, 'smtp; 451 4.7.1 come back later')
  }
})

test('a status part in base64 or quoted-printable is read', () => {
  const base64 = encodeBase64(encodeUtf8(status.join('\r\n')))
  const coded = report(
    [base64.slice(0, 76), base64.slice(76)],
    ['Content-Transfer-Encoding: BASE64'],
  )
  assert.deepEqual(short(read(coded)), both)
  const quoted = status.map((line) => line.replaceAll('@', '=40'))
  const plain = report(quoted, ['Content-Transfer-Encoding: quoted-printable'])
  assert.deepEqual(short(read(plain)), both)
})

test('a report whose structure is lost is read from its text', () => {
  const text = [
    'Subject: Delayed',
    '',
    'Sorry.',
    '',
    ...status,
    '',
    'Received: from x',
    'To: y',
    '',
    ...status,
  ]
  const found = read(text.join('\n'))
  assert.deepEqual(short(found), both)
  assert.equal(found.type === 'dsn' && found.source, 'loose')
})

test('a group that forgot its empty line is still a recipient', () => {
  const found = read(report(status.filter((line) => line !== '').slice(0, 4)))
  assert.deepEqual(short(found), ['a@b.example failed 5.1.1'])
  assert.equal(found.type === 'dsn' && found.reportingMta, 'mx.example')
})

test('an address in UTF-8 is read in both forms (RFC 6533 §3)', () => {
  const lines = [
    'Final-Recipient: utf-8; m\\x{FC}ller@b.example',
    'Action: failed',
    'Status: 5.1.1',
  ]
  assert.deepEqual(short(read(report(lines))), ['m\u00fcller@b.example failed 5.1.1'])
  const raw = octetsOf(
    report(['Final-Recipient: utf-8; m\xc3\xbcller@b.example', 'Action: failed']),
  )
  assert.deepEqual(short(readDsn(raw)), ['m\u00fcller@b.example failed 5.0.0'])
})

test('a bounce of sentences is read as a guess', () => {
  const text = [
    'To: me@home.example',
    'Subject: failure notice',
    '',
    'Hi. This is the qmail-send program. Write to <me@home.example> if needed.',
    '<you@away.example>:',
    'Sorry, no mailbox here by that name. (#5.1.1)',
    '',
    '--- Below this line is a copy of the message.',
    '<other@copy.example>',
  ].join('\n')
  const found = read(text)
  assert.deepEqual(short(found), ['you@away.example failed 5.1.1'])
  assert.equal(found.type === 'dsn' && found.source, 'text')
})

test('what is no bounce is none', () => {
  assert.deepEqual(read('Subject: lunch\n\nask a@b.example: no such user'), { type: 'not-a-dsn' })
  assert.deepEqual(read(''), { type: 'not-a-dsn' })
})

test('parts, levels and octets are bounded', () => {
  const many = `Content-Type: multipart/mixed; boundary=b\n\n${'--b\n\nx\n'.repeat(5000)}--b--`
  assert.equal(allParts(readParts(octetsOf(many))).length, 101)
  let deep = 'x'
  for (let i = 0; i < 50; i++) {
    deep = `Content-Type: multipart/mixed; boundary=b${i}\n\n--b${i}\n${deep}\n--b${i}--`
  }
  assert.ok(allParts(readParts(octetsOf(deep))).length <= 8)
  for (const line of ['\n', '@', 'a@', ' ', ':', '--b\n', 'x: y\n', ' x\n', 'Action: failed\n\n']) {
    const head = `Subject: failure notice\nContent-Type: multipart/mixed; boundary=b\n\n`
    readDsn(octetsOf(head + line.repeat(Math.floor(1_500_000 / line.length))))
    readDsn(octetsOf(line.repeat(Math.floor(1_500_000 / line.length))))
  }
})

test('kinds of parts are told, nested ones too', () => {
  const text = [
    'Content-Type: multipart/mixed; boundary=a',
    '',
    'preamble',
    '--a',
    'Content-Type: multipart/alternative; boundary="b"',
    '',
    '--b ',
    'Content-Type: text/html',
    '',
    '--b--',
    'epilogue',
    '--a',
    'Content-Type: image/png',
    '',
    '--a--',
  ].join('\r\n')
  assert.deepEqual(allParts(readParts(octetsOf(text))).map(kindOf), [
    'multipart/mixed',
    'multipart/alternative',
    'text/html',
    'image/png',
  ])
})

test('reading never throws, whatever is changed in a report (mutation)', () => {
  const octets = octetsOf(report(status))
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(octets.length - 1), fc.nat(255)), { maxLength: 20 }),
      fc.nat(octets.length),
      (changes, end) => {
        const changed = octets.slice(0, end)
        for (const [at, octet] of changes) changed[at] = octet
        const found = readDsn(changed)
        for (const text of JSON.stringify(found).split('"')) assert.doesNotMatch(text, /[\r\n\0]/)
      },
    ),
    { numRuns: 300 },
  )
})

// As notifications are really written: the lines of the status part, and what is read of them.
const written: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  [
    'white space alone in a folded field',
    [
      'Final-Recipient: rfc822; a@b.example',
      'Action: failed',
      'Diagnostic-Code: smtp; 550 5.1.1 no',
      ' ',
      ' such',
      'Status: 5.1.1',
    ],
    ['a@b.example failed 5.1.1 smtp; 550 5.1.1 no such'],
  ],
  [
    'no empty line between recipients',
    [
      'Final-Recipient: rfc822; a@b.example',
      'Action: failed',
      'Status: 5.1.1',
      'Final-Recipient: rfc822; c@b.example',
      'Action: delayed',
      'Status: 4.4.1',
    ],
    ['a@b.example failed 5.1.1 ', 'c@b.example delayed 4.4.1 '],
  ],
  [
    'no empty line, the original address first',
    [
      'Original-Recipient: rfc822; x@b.example',
      'Final-Recipient: rfc822; a@b.example',
      'Action: failed',
      'Original-Recipient: rfc822; y@b.example',
      'Final-Recipient: rfc822; c@b.example',
      'Action: failed',
    ],
    ['a@b.example failed 5.0.0 ', 'c@b.example failed 5.0.0 '],
  ],
  [
    'the status first',
    ['Status: 5.7.1', 'Final-Recipient: rfc822; a@b.example', 'Action: failed'],
    ['a@b.example failed 5.7.1 '],
  ],
  [
    'a comment behind the address',
    ['Final-Recipient: rfc822; a@b.example (Ann)', 'Action: failed', 'Status: 5.1.1'],
    ['a@b.example failed 5.1.1 '],
  ],
  [
    'a name before the address',
    ['Final-Recipient: rfc822; Ann B <a@b.example>', 'Action: failed', 'Status: 5.1.1'],
    ['a@b.example failed 5.1.1 '],
  ],
  [
    'a reply in the status',
    ['Final-Recipient: rfc822; a@b.example', 'Action: failed', 'Status: 550 5.1.1 unknown'],
    ['a@b.example failed 5.1.1 '],
  ],
  [
    'a short status',
    [
      'Final-Recipient: rfc822; a@b.example',
      'Action: failed',
      'Status: 5.1',
      'Diagnostic-Code: smtp;550-5.2.1 x',
    ],
    ['a@b.example failed 5.2.1 smtp;550-5.2.1 x'],
  ],
  [
    'words for a status',
    [
      'Final-Recipient: rfc822; a@b.example',
      'Action: failed',
      'Diagnostic-Code: smtp; 452 mailbox full',
    ],
    ['a@b.example failed 5.2.2 smtp; 452 mailbox full'],
  ],
  [
    'words of a delay',
    [
      'Final-Recipient: rfc822; a@b.example',
      'Action: delayed',
      'Diagnostic-Code: smtp; 452 mailbox full',
    ],
    ['a@b.example delayed 4.2.2 smtp; 452 mailbox full'],
  ],
  [
    'no action, a reply with a status',
    ['Final-Recipient: rfc822; a@b.example', 'Diagnostic-Code: smtp; 452 4.2.2 mailbox full'],
    ['a@b.example delayed 4.2.2 smtp; 452 4.2.2 mailbox full'],
  ],
  [
    'no action, a bare reply',
    ['Final-Recipient: rfc822; a@b.example', 'Diagnostic-Code: smtp; 550 go away'],
    ['a@b.example failed 5.0.0 smtp; 550 go away'],
  ],
  [
    'no action, delivered',
    ['Final-Recipient: rfc822; a@b.example', 'Status: 2.0.0'],
    ['a@b.example delivered 2.0.0 '],
  ],
  [
    'no action, nothing else',
    ['Final-Recipient: rfc822; a@b.example'],
    ['a@b.example unknown 5.0.0 '],
  ],
  [
    'the reply in a field of its own',
    [
      'Final-recipient: RFC822; a@b.example',
      'Action: failed',
      'Status: 5.0.0',
      'X-Supplementary-Info: <192.0.2.3 #5.0.0 smtp; 550 5.4.1 "x">',
    ],
    ['a@b.example failed 5.4.1 <192.0.2.3 #5.0.0 smtp; 550 5.4.1 "x">'],
  ],
  [
    'a vague status, a reply of another class',
    [
      'Final-Recipient: rfc822; a@b.example',
      'Action: failed',
      'Status: 5.0.0',
      'Diagnostic-Code: smtp; 450 4.7.1 later',
    ],
    ['a@b.example failed 5.0.0 smtp; 450 4.7.1 later'],
  ],
]

for (const [what, lines, expected] of written) {
  test(`a notification with ${what} is read`, () => {
    const found = read(report(['Reporting-MTA: dns; mx.example', '', ...lines]))
    if (found.type !== 'dsn') assert.fail(found.type)
    assert.deepEqual(
      found.recipients.map(
        (one) => `${one.finalRecipient} ${one.action} ${one.status} ${one.diagnosticCode ?? ''}`,
      ),
      expected,
    )
    assert.equal(found.reportingMta, 'mx.example')
    assert.equal(found.originalMessageId, '<1@x.example>')
  })
}

test('a transfer encoding with a comment is undone', () => {
  const digits = encodeBase64(encodeUtf8(status.join('\r\n')))
  const text = report([digits], ['Content-Transfer-Encoding: base64 (x)'])
  assert.deepEqual(short(read(text)), both)
})

test('the alias that a recipient of Exim was made from is no recipient', () => {
  const reading = readDsn(
    octetsOf(
      [
        'From: Mail Delivery System <Mailer-Daemon@mx.example>',
        'To: anna@north.example',
        'Subject: Mail delivery failed: returning message to sender',
        '',
        'A message that you sent could not be delivered to one or more of its',
        'recipients. This is a permanent error. The following address(es) failed:',
        '',
        '  bob@south.example',
        '    (generated from team@mx.example)',
        '    host mx.south.example [192.0.2.1]',
        '    SMTP error from remote mail server after RCPT TO:<bob@south.example>:',
        '    550 5.1.1 There is no such mailbox here.',
        '',
      ].join('\r\n'),
    ),
  )
  assert.ok(reading.type === 'dsn')
  assert.deepEqual(
    reading.recipients.map(({ finalRecipient, status }) => [finalRecipient, status]),
    [['bob@south.example', '5.1.1']],
  )
})

test('of several recipients in sentences each has its own reason', () => {
  const text = [
    'From: Mailer-Daemon@mx.example',
    'X-Failed-Recipients: a@b.example, c@b.example, d@b.example',
    'Subject: Mail delivery failed: returning message to sender',
    '',
    '  a@b.example',
    '    SMTP error: 550 5.7.1 no',
    '  c@b.example',
    '    retry timeout exceeded',
    '  d@b.example',
    '',
    '------ This is a copy of the message ------',
    'Message-ID: <m@north.example>',
    'To: z@other.example',
  ].join('\n')
  const found = read(text)
  assert.deepEqual(short(found), [
    'a@b.example failed 5.7.1',
    'c@b.example failed 5.4.1',
    'd@b.example failed 5.7.1',
  ])
  assert.equal(found.type === 'dsn' && found.originalMessageId, '<m@north.example>')
})

const subjects = [
  'Unzustellbar: Hallo',
  '=?utf-8?q?=C3=89chec_de_la_remise?=',
  'No se puede entregar: x',
  'Mancato recapito',
  'Não entregue: x',
  'Onbestelbaar: x',
  '退信',
  'undeliverable',
]

for (const subject of subjects) {
  test(`a bounce with the subject ${subject} is one`, () => {
    const text = `Subject: ${subject}\n\na@b.example\n550 5.1.1 unbekannt\n`
    assert.deepEqual(short(readDsn(encodeUtf8(text))), ['a@b.example failed 5.1.1'])
  })
}

test('a letter about deliveries is no bounce', () => {
  assert.equal(readDsn(encodeUtf8('Subject: Zustellung morgen\n\na@b.example\n')).type, 'not-a-dsn')
  assert.equal(
    read(
      "Subject: undelivered\n\nMessage-ID: <x@y.example>\nuser doesn't have a b.example account a@b.example",
    ).type,
    'dsn',
  )
})

test('a receipt that tells of reading is no bounce', () => {
  const receipt = [
    'From: bob@south.example',
    'Subject: Read: hello',
    'Content-Type: multipart/report; report-type=disposition-notification; boundary=B',
    '',
    '--B',
    'Content-Type: text/plain',
    '',
    'Your message was displayed.',
    '--B',
    'Content-Type: message/disposition-notification',
    '',
    'Final-Recipient: rfc822; bob@south.example',
    'Disposition: manual-action/MDN-sent-manually; displayed',
    '--B--',
  ]
  assert.deepEqual(readDsn(encodeUtf8(receipt.join('\r\n'))), { type: 'not-a-dsn' })
})

/** A mebibyte of groups, each with a long diagnostic that says what is wrong in words alone. */
function wordyReport(groups: number): string {
  const said = `mailbox full ${'mailbox '.repeat(Math.floor(1_000_000 / groups / 8) - 20)}`
  return report(
    Array.from({ length: groups }, (_, n) => [
      `Final-Recipient: rfc822; r${n}@b.example`,
      'Action: failed',
      `Diagnostic-Code: smtp; ${said}`,
      '',
    ]).flat(),
  )
}

test('of a report of a mebibyte the words about a hundred recipients are read', () => {
  const found = read(wordyReport(1000))
  assert.ok(found.type === 'dsn')
  assert.equal(found.recipients.length, 1000)
  const statuses = found.recipients.map(({ status: one }) => one)
  assert.deepEqual(
    statuses.slice(0, 100),
    Array.from({ length: 100 }, () => '5.2.2'),
  )
  assert.deepEqual(new Set(statuses.slice(100)), new Set(['5.0.0']))
  const [one] = found.recipients
  assert.ok((one?.diagnosticCode ?? '').length > 800, 'it is shown whole')
})

test('of a long diagnostic its first 500 characters are read for words, and more are shown', () => {
  const status5 = (before: number): readonly unknown[] => {
    const said = `${'x'.repeat(before)} mailbox full ${'x '.repeat(600)}`
    const fields = ['Final-Recipient: rfc822; a@b.example', 'Action: failed']
    const found = read(report([...fields, `Diagnostic-Code: smtp; ${said}`]))
    assert.ok(found.type === 'dsn')
    const [one] = found.recipients
    return [one?.status, (one?.diagnosticCode ?? '').includes('mailbox full')]
  }
  assert.deepEqual(status5(400), ['5.2.2', true])
  assert.deepEqual(status5(600), ['5.0.0', true])
})

test('a report that is opened says which letter it is about, and reads no recipient', () => {
  const opened = openDsn(octetsOf(report(['Original-Envelope-Id: e1', ...status])))
  assert.ok(opened.type === 'dsn')
  assert.deepEqual([opened.originalEnvelopeId, opened.originalMessageId], ['e1', '<1@x.example>'])
  assert.equal(typeof opened.recipients, 'function')
  const text = openDsn(octetsOf('Subject: Hello\n\nHow are you?\n'))
  assert.ok(text.type === 'dsn' && text.source === 'text')
  assert.deepEqual(text.recipients(), [])
})
