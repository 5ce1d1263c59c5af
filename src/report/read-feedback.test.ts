import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { encodeUtf8 } from '../base/octets.ts'
import { readParts } from './mime-parts.ts'
import { readFeedback } from './read-feedback.ts'
import { formOf, readReportMail } from './report-mail.ts'
import { summarizeReport } from './report-summary.ts'

function mail(
  fields: string,
  original = 'From: a@north.example\nSubject: =?utf-8?q?J=C3=BC?=\n',
): string {
  return `From: r@mail.example
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: text/plain

A report.
--b
Content-Type: message/feedback-report

${fields}
--b
Content-Type: text/rfc822-headers

${original}
--b--
`
}

function read(text: string): ReturnType<typeof readFeedback> {
  return readFeedback(readParts(encodeUtf8(text)))
}

const failure = `Feedback-Type: auth-failure
User-Agent: Tool/1
Version: 1
Auth-Failure: DMARC
Authentication-Results: mx.example; dmarc=fail
  header.from=north.example
Identity-Alignment: spf, (signed) dkim
Original-Mail-From: <a@north.example>
Original-Rcpt-To: <b@south.example>
Original-Rcpt-To: <c@south.example>
Source-IP: 192.0.2.7 (host.example)
Source-Port: 12345
Reported-Domain: North.example
Incidents: 4
DKIM-Canonicalized-Body: dGhp
  cyBp
Arrival-Date: Mon, 23 Nov 2026 10:00:00 +0100`

test('a failure report is read', () => {
  const report = read(mail(failure))
  if (report?.type !== 'failure') assert.fail(JSON.stringify(report))
  assert.deepEqual(report.problems, [])
  assert.equal(report.authFailure, 'dmarc')
  assert.deepEqual(report.identityAlignment, ['dkim', 'spf'])
  assert.equal(report.originalMailFrom, 'a@north.example')
  assert.deepEqual(report.originalRcptTo, ['b@south.example', 'c@south.example'])
  assert.equal(report.sourceIp, '192.0.2.7')
  assert.equal(report.sourcePort, 12_345)
  assert.equal(report.incidents, 4)
  assert.deepEqual(report.reportedDomains, ['north.example'])
  assert.equal(report.dkimCanonicalizedBody, 'dGhpcyBp')
  assert.equal(report.arrivedAt, Date.UTC(2026, 10, 23, 9) / 1000)
  assert.deepEqual(report.authenticationResults, [
    'mx.example; dmarc=fail header.from=north.example',
  ])
  assert.equal(report.original?.subject, 'Jü')
  assert.equal(report.original.complete, false)
  assert.deepEqual(JSON.parse(JSON.stringify(report)), report)
})

test('a complaint is an abuse report, of whatever type it says', () => {
  for (const type of ['abuse', 'fraud', 'not-spam', 'something-new']) {
    const report = read(mail(`Feedback-Type: ${type}\nUser-Agent: T/1\nVersion: 1`))
    assert.equal(report?.type, 'abuse')
    assert.equal(report.feedbackType, type)
    assert.equal(report.incidents, 1)
    assert.deepEqual(report.problems, [])
  }
})

test('fields that must be there and are not are told of', () => {
  const report = read(mail('Feedback-Type: auth-failure\nIdentity-Alignment: dkim, arc'))
  assert.deepEqual(
    report?.problems.map(({ code, where }) => `${code} ${where}`),
    [
      'missing User-Agent',
      'missing Version',
      'missing Auth-Failure',
      'invalid-value Identity-Alignment',
    ],
  )
})

const told: readonly (readonly [string, string, readonly string[]])[] = [
  ['all is well', failure, []],
  ['a field twice', `${failure}\nFeedback-Type: fraud`, ['passed-over Feedback-Type']],
  ['an address twice', `${failure}\nSource-IP: 192.0.2.8`, ['passed-over Source-IP']],
  ['fields that may repeat', `${failure}\nReported-Domain: b.example`, []],
  [
    'DMARC without alignment (RFC 9991 §4)',
    failure.replace(/Identity-Alignment:.*\n/, ''),
    ['missing Identity-Alignment'],
  ],
  [
    'another method needs none (RFC 6591)',
    failure.replace(/Identity-Alignment:.*\n/, '').replace('DMARC', 'bodyhash'),
    [],
  ],
  ['a failure of no known kind', failure.replace('DMARC', 'x'), ['invalid-value Auth-Failure']],
  ['a known delivery', `${failure}\nDelivery-Result: Spam`, []],
  ['no known delivery', `${failure}\nDelivery-Result: eaten`, ['invalid-value Delivery-Result']],
]
for (const [name, fields, wanted] of told) {
  test(`what is wrong with a failure report is told: ${name}`, () => {
    const report = read(mail(fields))
    assert.equal(report?.type, 'failure')
    assert.deepEqual(
      report.problems.map(({ code, where }) => `${code} ${where}`),
      wanted,
    )
    assert.equal(report.sourceIp, '192.0.2.7')
  })
}

test('the fields may be base64, and "none" is an empty list', () => {
  const text = Buffer.from('\n\nFeedback-Type: auth-failure\nIdentity-Alignment: none\n')
  const coded = mail(text.toString('base64')).replace(
    'message/feedback-report',
    'message/feedback-report\nContent-Transfer-Encoding: base64',
  )
  const report = read(coded)
  assert.equal(report?.type, 'failure')
  assert.deepEqual(report.type === 'failure' && report.identityAlignment, [])
})

test('a failure report of sentences is read for what it is', () => {
  const report = read(`Subject: DMARC Forensic Report
Content-Type: text/plain

  Sender Domain: north.example
  Sender IP Address: 2001:db8::7
  Received date: Mon, 23 Nov 2026 10:00:00 +0100
  SPF Alignment: yes
  DKIM Alignment: no
  DMARC Results: Quarantine

------ This is a copy of the headers that were received before the error was detected.

From: a@north.example
Subject: Hello
`)
  if (report?.type !== 'failure') assert.fail(JSON.stringify(report))
  assert.equal(report.source, 'text')
  assert.equal(report.sourceIp, '2001:db8::7')
  assert.deepEqual(report.identityAlignment, ['dkim'])
  assert.equal(report.deliveryResult, 'spam')
  assert.equal(report.original?.subject, 'Hello')
  assert.equal(report.problems.length, 1)
})

test('an ordinary letter holds no report', () => {
  const letter = 'From: a@b.example\nContent-Type: text/plain\n\nSender Domain is nice.\n'
  assert.equal(read(letter), undefined)
  assert.deepEqual(readReportMail(encodeUtf8(letter)), {
    feedback: [],
    files: [],
    problems: [],
  })
})

test('files are known by what they begin with', () => {
  const forms = {
    gzip: [0x1f, 0x8b, 8],
    zip: [0x50, 0x4b, 3, 4],
    xml: [0xef, 0xbb, 0xbf, 10, 0x3c],
    json: [32, 0x7b],
    unknown: [0x50, 0x4b, 0x41],
  } as const
  for (const [form, octets] of Object.entries(forms)) {
    assert.equal(formOf(Uint8Array.from(octets)), form)
  }
  assert.equal(formOf(encodeUtf8('Received: from x\r\n')), 'mail')
  assert.equal(formOf(encodeUtf8('[{"organization-name":"x"}]')), 'json')
  assert.equal(formOf(encodeUtf8('From a@b Mon Nov 23\n')), 'mail')
  assert.equal(formOf(new Uint8Array(0)), 'unknown')
})

test('an attached report is found under any type, name and depth', () => {
  const xml = '<feedback/>'
  const inner = `Content-Type: multipart/mixed; boundary=i

--i
Content-Type: application/octet-stream
Content-Disposition: attachment; filename="r.xml"
Content-Transfer-Encoding: base64

${Buffer.from(xml).toString('base64')}
--i
Content-Type: text/html

<p>A letter</p>
--i--
`
  const direct = readReportMail(encodeUtf8(inner))
  assert.deepEqual(direct.files, [{ name: 'r.xml', octets: encodeUtf8(xml) }])
  const forwarded = `Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: message/rfc822\n\n${inner}\n--o--\n`
  assert.deepEqual(readReportMail(encodeUtf8(forwarded)).files, direct.files)
  const body = `Content-Type: text/plain\n\n${xml}`
  assert.equal(readReportMail(encodeUtf8(body)).files.length, 1)
})

test('a message cut anywhere, or made of anything, is read without a fault', () => {
  const octets = encodeUtf8(mail(failure))
  for (let end = 0; end <= octets.length; end += 3) readReportMail(octets.subarray(0, end))
  const lines = fc.constantFrom(
    ...failure.split('\n'),
    '',
    '--b',
    '--b--',
    'Content-Type: message/feedback-report',
    'Content-Type: message/rfc822',
    'Content-Type: multipart/mixed; boundary=b',
    'Sender Domain: x',
    'Sender IP Address: y',
  )
  fc.assert(
    fc.property(fc.array(lines, { maxLength: 40 }), (list) => {
      const found = readReportMail(encodeUtf8(list.join('\n')))
      assert.deepEqual(JSON.parse(JSON.stringify(found.feedback)), found.feedback)
    }),
    { numRuns: 1000 },
  )
})

function complaint(fields: string, message: string): string {
  return `From: fbl@mx.example
Content-Type: multipart/report; boundary=b

--b
Content-Type: message/feedback-report

${fields}
--b
Content-Type: message/rfc822

${message}
--b--
`
}

const complained = `Return-Path: <bounce@north.example>
Received: from x.example (x.example [192.0.2.5]) by mx.example; Mon, 23 Nov 2026 18:29:07 +0000
Received: from y.example ([192.0.2.6]) by x.example; Mon, 23 Nov 2026 18:28:07 +0000
From: Ann <a@North.example>
Subject: s

hi
`

test('what a complaint does not say is inferred from its message, and kept apart', () => {
  const sparse = 'Feedback-Type: abuse\nUser-Agent: JMRP/1.0\nVersion: 1\n'
  const report = read(complaint(sparse, complained))
  assert.deepEqual([report?.sourceIp, report?.arrivedAt, report?.reportedDomains], [null, null, []])
  assert.deepEqual(report?.inferred, {
    sourceIp: '192.0.2.5',
    arrivedAt: Date.UTC(2026, 10, 23, 18, 29, 7) / 1000,
    originalMailFrom: 'bounce@north.example',
    reportedDomains: ['north.example'],
  })
  const { domain, begin, end } = summarizeReport(report)
  assert.deepEqual([domain, begin, end], ['north.example', 1_795_458_547, 1_795_458_547])
  const told = `${sparse}Source-IP: 192.0.2.9\nArrival-Date: Mon, 23 Nov 2026 10:00:00 +0000
Reported-Domain: b.example\nOriginal-Mail-From: <c@b.example>\n`
  const whole = read(complaint(told, complained))
  assert.ok(whole !== undefined && !('inferred' in whole))
  assert.equal(summarizeReport(whole).domain, 'b.example')
  const bare = read(complaint(sparse, 'Subject: x\nReceived: by z.example\nFrom: nobody\n'))
  assert.ok(bare !== undefined && !('inferred' in bare))
  const ipv6 = read(complaint(sparse, 'Received: from [IPv6:2001:DB8::1] by x\n'))
  assert.deepEqual(ipv6?.inferred, { sourceIp: '2001:db8::1' })
})

test('a complaint that is nothing but the message is one, by the field that Hotmail puts there', () => {
  const message = `X-HmXmrOriginalRecipient: u@mx.example\n${complained}`
  const forwarded = `From: staff@mx.example\nContent-Type: multipart/mixed; boundary=b\n\n--b
Content-Type: message/rfc822\n\n${message}\n--b--\n`
  const { feedback, files } = readReportMail(encodeUtf8(forwarded))
  assert.deepEqual(files, [])
  assert.equal(feedback.length, 1)
  const [one] = feedback
  assert.deepEqual([one?.type, one?.feedbackType, one?.source], ['abuse', 'abuse', 'text'])
  assert.deepEqual(
    one?.problems.map(({ code, where }) => [code, where]),
    [['missing', 'message/feedback-report']],
  )
  assert.deepEqual(one?.inferred?.originalRcptTo, ['u@mx.example'])
  assert.equal(one?.original?.complete, true)
})

const xmlReport = '<feedback><report_metadata/></feedback>'

function multipart(type: string, ...parts: readonly string[]): string {
  const boundary = `b${parts.join('').length}`
  const inside = parts.map((part) => `--${boundary}\n${part}\n`).join('')
  return `Content-Type: multipart/${type}; boundary=${boundary}\n\n${inside}--${boundary}--\n`
}

const withFile = (name: string): string =>
  `Content-Type: application/octet-stream\nContent-Disposition: attachment; filename=${name}\n\n${xmlReport}`
const attached = (message: string): string => `Content-Type: message/rfc822\n\n${message}`

// However reports are nested, all of them are found.
const nested: readonly (readonly [string, string, readonly string[], number])[] = [
  ['two files', multipart('mixed', withFile('a'), withFile('b')), ['a', 'b'], 0],
  [
    'two attached messages',
    multipart('mixed', attached(withFile('a')), attached(withFile('b'))),
    ['a', 'b'],
    0,
  ],
  [
    'a file beside an attached message',
    multipart('mixed', withFile('a'), attached(multipart('mixed', withFile('b')))),
    ['a', 'b'],
    0,
  ],
  ['a message in a message', attached(multipart('mixed', attached(withFile('a')))), ['a'], 0],
  ['a digest', multipart('digest', `\n${withFile('a')}`, `\n${withFile('b')}`), ['a', 'b'], 0],
  ['an .eml file', `Content-Type: text/plain; name="x.EML"\n\n${withFile('a')}`, ['a'], 0],
  ['a message as octets', `Content-Type: application/octet-stream\n\n${withFile('a')}`, ['a'], 0],
  ['a letter in plain text', 'Content-Type: text/plain\n\nSubject: none', [], 0],
  ['two complaints', multipart('mixed', attached(mail(failure)), attached(mail(failure))), [], 2],
  ['a complaint and a file', multipart('mixed', attached(mail(failure)), withFile('a')), ['a'], 1],
  ['what a complaint is about', complaint('Feedback-Type: abuse', withFile('a')), [], 1],
]

for (const [what, text, names, complaints] of nested) {
  test(`reports are found in ${what}`, () => {
    const { files, feedback, problems } = readReportMail(encodeUtf8(text))
    assert.deepEqual(
      files.map(({ name }) => name),
      names,
    )
    assert.equal(feedback.length, complaints)
    assert.deepEqual(problems, [])
  })
}

test('two feedback reports in one message have each its own message', () => {
  const part = (type: string, subject: string): readonly string[] => [
    `Content-Type: message/feedback-report\n\nFeedback-Type: ${type}\nUser-Agent: x\nVersion: 1`,
    attached(`Subject: ${subject}\n`),
  ]
  const both = multipart(
    'report',
    'Content-Type: text/plain\n\nTwo.',
    ...part('abuse', 'a'),
    ...part('fraud', 'b'),
  )
  assert.deepEqual(
    readReportMail(encodeUtf8(both)).feedback.map((one) => [
      one.feedbackType,
      one.original?.subject,
    ]),
    [
      ['abuse', 'a'],
      ['fraud', 'b'],
    ],
  )
})

test('the limits of a message are told when they are met, and not before', () => {
  const told = (text: string): string => {
    return readReportMail(encodeUtf8(text))
      .problems.map(({ code, text: one }) => `${code}: ${one}`)
      .join(' ')
  }
  const parts = (count: number): string =>
    multipart('mixed', ...Array.from({ length: count }, () => 'X: 1\n\nhi'))
  assert.equal(told(parts(100)), '')
  assert.match(told(parts(101)), /^too-large: .*more than 100 parts/)
  const deep = (levels: number): string => {
    return levels === 0 ? 'X: 1\n\nhi' : multipart('mixed', deep(levels - 1), `X: ${levels}\n\nhi`)
  }
  assert.equal(told(deep(6)), '')
  assert.match(told(deep(7)), /more than 6 levels of parts/)
  const inside = (levels: number): string =>
    levels === 0 ? withFile('a') : attached(inside(levels - 1))
  assert.equal(told(inside(8)), '')
  assert.match(told(inside(9)), /more than 8 messages are inside each other/)
  const many = (count: number): string => {
    const messages = Array.from({ length: count / 10 }, () =>
      attached(multipart('mixed', ...Array.from({ length: 10 }, () => withFile('a')))),
    )
    return multipart('mixed', ...messages)
  }
  assert.equal(readReportMail(encodeUtf8(many(100))).files.length, 100)
  assert.equal(told(many(100)), '')
  assert.equal(readReportMail(encodeUtf8(many(110))).files.length, 100)
  assert.match(told(many(110)), /more than 100 reports/)
  const long = encodeUtf8(`X: 1\n\n${'x'.repeat(1000)}`)
  const limitsOf = (octets: Uint8Array, maxOctets: number): readonly string[] => {
    const limits: string[] = []
    readParts(octets, maxOctets, (what) => limits.push(what))
    return limits
  }
  assert.deepEqual(limitsOf(long, long.length), [])
  assert.deepEqual(limitsOf(long, long.length - 1), [`it is longer than ${long.length - 1} octets`])
  const lines = encodeUtf8('\n'.repeat(1 << 20))
  assert.deepEqual(limitsOf(lines, 1 << 21), [`it has more than ${1 << 20} lines`])
  assert.deepEqual(limitsOf(lines.subarray(1), 1 << 21), [])
})

test('a transfer encoding is its word, whatever stands around it', () => {
  const base64 = Buffer.from(xmlReport).toString('base64')
  for (const written of [
    'base64',
    'BASE64 (yes)',
    '(a comment) base64',
    '"base64"',
    'base64;',
    ' base64 ',
  ]) {
    const text = `Content-Type: application/xml\nContent-Transfer-Encoding: ${written}\n\n${base64}\n`
    const [file] = readReportMail(encodeUtf8(text)).files
    assert.equal(Buffer.from(file?.octets ?? []).toString(), xmlReport, written)
  }
  const [quoted] = readReportMail(
    encodeUtf8(
      'Content-Type: application/xml\nContent-Transfer-Encoding: Quoted-Printable\n\n=3Cx/>\n',
    ),
  ).files
  assert.match(Buffer.from(quoted?.octets ?? []).toString(), /^<x\/>/)
})

test('text behind base64 is no data, and base64 that nobody announced is read', () => {
  const base64 = Buffer.from(
    `${xmlReport} `.replace(/ *$/, ' '.repeat(3 - (xmlReport.length % 3) + 1)),
  )
    .toString('base64')
    .replace(/.{1,76}/g, '$&\n')
  assert.match(base64, /=\n$/)
  const read = (encoding: string, behind: string): string | undefined => {
    const text = `Content-Type: application/xml\n${encoding}\n${base64}${behind}`
    const [file] = readReportMail(encodeUtf8(text)).files
    return file === undefined ? undefined : Buffer.from(file.octets).toString().trimEnd()
  }
  const announced = 'Content-Transfer-Encoding: base64\n'
  assert.equal(read(announced, '\n_______\nThis is for you only, Bob.\n'), xmlReport)
  assert.equal(read(announced, '\n\n'), xmlReport)
  assert.equal(read('', ''), xmlReport)
  assert.equal(read('Content-Transfer-Encoding: 7bit\n', ''), xmlReport)
  // What else has words in it is text.
  assert.equal(read('', 'and more.\n'), undefined)
})

test('fields that repeat are read to a hundred, and told of when there are more', () => {
  const repeated = (name: string, value: string, count: number) => {
    const text = `Feedback-Type: abuse\nUser-Agent: x\nVersion: 1\n${`${name}: ${value}\n`.repeat(count)}`
    return read(mail(text.trimEnd()))
  }
  const full = repeated('Reported-Domain', 'a.example', 100)
  assert.deepEqual([full?.reportedDomains.length, full?.problems], [100, []])
  for (const [name, value] of [
    ['Reported-Domain', 'a.example'],
    ['Reported-URI', 'x:y'],
    ['Original-Rcpt-To', '<a@b.example>'],
    ['Authentication-Results', 'x; none'],
  ] as const) {
    const over = repeated(name, value, 101)
    const problems = over?.problems.map(({ code, where }) => [code, where])
    assert.deepEqual(problems, [['too-large', name]])
  }
  assert.equal(repeated('Reported-Domain', 'a.example', 101)?.reportedDomains.length, 100)
})

test('a byte order mark before the header is stepped over', () => {
  const text = `Content-Type: application/xml; name=a\n\n${xmlReport}`
  const found = (octets: readonly number[]): number => {
    return readReportMail(Uint8Array.from([...octets, ...encodeUtf8(text)])).files.length
  }
  assert.equal(found([0xef, 0xbb, 0xbf]), 1)
  for (const octets of [
    [0xef, 0xbb],
    [0xef, 0xbb, 0xbe],
    [0xf0, 0xbb, 0xbf],
    [0xef, 0xbc, 0xbf],
  ]) {
    assert.equal(readParts(Uint8Array.from([...octets, ...encodeUtf8(text)])).fields.length, 0)
  }
})

test('octets that begin nearly like a form are not of it', () => {
  const unknown = [
    [0x1f, 0x8a],
    [0x1e, 0x8b],
    [0x50, 0x4a, 3, 4],
    [0x51, 0x4b, 3, 4],
    [0x50, 0x4b, 9, 8],
    [0x50, 0x4b, 8, 9],
    [0xff, 0xff],
    [0xfe, 0xfe],
    [0xef, 0xbb, 0x3c],
    [0xef, 0x3c],
    [],
  ]
  for (const octets of unknown)
    assert.equal(formOf(Uint8Array.from(octets)), 'unknown', String(octets))
  for (const octets of [
    [0xff, 0xfe],
    [0xfe, 0xff],
    [9, 32, 13, 10, 0x3c],
  ]) {
    assert.equal(formOf(Uint8Array.from(octets)), 'xml', String(octets))
  }
  assert.equal(formOf(Uint8Array.from([0x50, 0x4b, 8, 8])), 'zip')
  assert.equal(formOf(Uint8Array.from([0x5b])), 'json')
  const form = (text: string): string => formOf(encodeUtf8(text))
  assert.deepEqual(
    ['From x', '>From x', 'A: b', '\n A :', `${'a'.repeat(76)}:`].map(form),
    Array(5).fill('mail'),
  )
  assert.deepEqual(
    ['Fro', ': x', 'a b: c', `${'a'.repeat(77)}:`, 'a\n: b'].map(form),
    Array(5).fill('unknown'),
  )
})
