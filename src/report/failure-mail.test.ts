import { test } from 'node:test'
import assert from 'node:assert/strict'
import { withinCpu } from '../base/test-support/cpu-time.ts'
import { encodeUtf8, octetString } from '../base/octets.ts'
import { buildFailureMail, type FailureMailInput } from './failure-mail.ts'
import { readReportMail } from './report-mail.ts'
import type { FailureReport } from './feedback.ts'

const original = `Received: from x.example ([192.0.2.7]) by mx.south.example
 for <Bo.B@south.example>; Mon, 23 Nov 2026 09:00:00 +0000
Received: by y.example with id@y.example
From: "A" <a@north.example>
To: "Bo B." <bo.b@south.example>,
 "quoted local"@south.example, group:c@south.example;
Delivered-To: bo.b@south.example
Subject: Hello
Message-ID: <1@north.example>

Secret body
`.replaceAll('\n', '\r\n')

const input: FailureMailInput = {
  authFailure: 'dmarc',
  identityAlignment: ['dkim', 'spf'],
  authenticationResults: 'mx.south.example; dmarc=fail header.from=north.example',
  deliveryResult: 'reject',
  sourceIp: '192.0.2.7',
  sourcePort: 4711,
  originalMailFrom: 'a@forged.example',
  originalEnvelopeId: '01abc',
  arrivedAt: Date.UTC(2026, 10, 23, 9),
  reportedDomain: 'north.example',
  incidents: 3,
  dkim: { domain: 'north.example', identity: '@north.example', selector: 's1' },
  spf: { domain: 'north.example', record: 'v=spf1 exp="x" -all' },
  original: { octets: encodeUtf8(original), complete: true },
  include: 'header',
  from: 'dmarc-noreply@south.example',
  to: ['ruf@north.example'],
  reporter: { domain: 'mx.south.example', generator: 'Waybill/0.1.0' },
  now: Date.UTC(2026, 10, 23, 9, 1),
  random: () => 0.25,
}

function read(message: Uint8Array): FailureReport {
  const [feedback] = readReportMail(message).feedback
  if (feedback?.type !== 'failure') assert.fail(JSON.stringify(feedback))
  return feedback
}

test('a failure report that is written is read again, without a problem', () => {
  const mail = buildFailureMail(input)
  const report = read(mail.message)
  assert.deepEqual(report.problems, [])
  const { original: about, ...rest } = report
  assert.deepEqual(rest, {
    type: 'failure',
    feedbackType: 'auth-failure',
    source: 'fields',
    userAgent: 'Waybill/0.1.0',
    version: '1',
    originalEnvelopeId: '01abc',
    originalMailFrom: 'a@forged.example',
    originalRcptTo: [],
    arrivalDate: 'Mon, 23 Nov 2026 09:00:00 +0000',
    arrivedAt: input.arrivedAt / 1000,
    reportingMta: null,
    sourceIp: '192.0.2.7',
    sourcePort: 4711,
    incidents: 3,
    authenticationResults: [input.authenticationResults],
    reportedDomains: ['north.example'],
    reportedUris: [],
    authFailure: 'dmarc',
    deliveryResult: 'reject',
    identityAlignment: ['dkim', 'spf'],
    dkimDomain: 'north.example',
    dkimIdentity: '@north.example',
    dkimSelector: 's1',
    dkimSelectorDns: null,
    dkimAdspDns: null,
    dkimCanonicalizedHeader: null,
    dkimCanonicalizedBody: null,
    spfDns: 'txt : north.example : "v=spf1 exp=\\"x\\" -all"',
    problems: [],
  })
  assert.equal(about?.messageId, '<1@north.example>')
  assert.equal(about.complete, false)
})

test('no body leaves unless it is wanted, and none when recipients are hidden', () => {
  const text = (more: Partial<FailureMailInput>): string => {
    return octetString(buildFailureMail({ ...input, ...more }).message)
  }
  assert.doesNotMatch(text({}), /Secret body/)
  assert.match(text({ include: 'message' }), /Secret body/)
  assert.doesNotMatch(text({ include: 'message', redact: () => 'x' }), /Secret body/)
})

test('recipients are shown by tokens, senders as they are', () => {
  const seen: string[] = []
  const redact = (local: string): string => {
    seen.push(local)
    return `token${seen.length}`
  }
  const { original: about } = read(buildFailureMail({ ...input, redact }).message)
  assert.ok(about !== null)
  assert.deepEqual(seen, ['Bo.B', 'bo.b', '"quoted local"', 'c', 'bo.b'])
  assert.doesNotMatch(about.header, /bo\.b@|quoted local/i)
  assert.match(about.header, /for <token1@south\.example>/)
  assert.match(about.header, /id@y\.example/)
  assert.equal(about.from, '"A" <a@north.example>')
})

test('hostile text makes no field and no part of its own', () => {
  const hostile = 'x\r\nIncidents: 99\r\n\r\n--=_999\u00e9'
  const mail = buildFailureMail({
    ...input,
    authenticationResults: hostile,
    originalMailFrom: hostile,
    sourceIp: hostile,
    reportedDomain: hostile,
    spf: { domain: hostile, record: hostile },
    original: { octets: encodeUtf8(`Subject: ${hostile}\r\n\r\n`), complete: false },
  })
  const report = read(mail.message)
  assert.equal(report.incidents, 3)
  assert.ok(report.identityAlignment !== null)
  const seven = octetString(mail.message).split('\r\n\r\nSubject')[0] ?? ''
  assert.match(seven, /^[\x00-\x7f]*$/)
})

test('a long field of recipients is redacted in little time', async () => {
  const long = `To: ${'a'.repeat(200_000)}${'@'.repeat(100_000)}${'"'.repeat(100_000)}\r\n\r\n`
  const original = { octets: encodeUtf8(long), complete: true }
  await withinCpu(2000, 'it', () => buildFailureMail({ ...input, original, redact: () => 'x' }))
})
