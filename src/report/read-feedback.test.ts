import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { encodeUtf8 } from '../base/utf8.ts'
import { readParts } from './mime-parts.ts'
import { readFeedback } from './read-feedback.ts'
import { formOf, readReportMail } from './report-mail.ts'

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
