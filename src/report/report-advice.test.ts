import { test } from 'node:test'
import assert from 'node:assert/strict'
import { encodeUtf8 } from '../base/octets.ts'
import type { AggregateRecord, AggregateReport } from './aggregate.ts'
import { readParts } from './mime-parts.ts'
import { readFeedback } from './read-feedback.ts'
import { adviseOn } from './report-advice.ts'
import { ProblemList, type ReportProblemCode, readInPart } from './report-problem.ts'
import { summarizeReport, summarizeSources } from './report-summary.ts'
import type { TlsReport } from './tls-report.ts'

const good: AggregateRecord = {
  sourceIp: '192.0.2.1',
  count: 10,
  disposition: 'none',
  dkimAligned: 'pass',
  spfAligned: 'pass',
  reasons: [],
  headerFrom: 'north.example',
  envelopeFrom: null,
  envelopeTo: null,
  dkim: [],
  spf: [],
}
const bad: AggregateRecord = {
  ...good,
  sourceIp: '198.51.100.7',
  count: 2,
  disposition: 'reject',
  dkimAligned: 'fail',
  spfAligned: 'fail',
}

function report(...records: readonly AggregateRecord[]): AggregateReport {
  return {
    type: 'aggregate',
    format: 'rfc9990',
    namespace: null,
    version: null,
    orgName: 'Mail Co',
    email: 'r@mail.example',
    extraContactInfo: null,
    generator: null,
    reportId: 'r-1',
    begin: 1,
    end: 2,
    errors: [],
    policy: {
      domain: 'north.example',
      p: 'none',
      sp: null,
      np: null,
      adkim: null,
      aspf: null,
      fo: null,
      testing: null,
      discoveryMethod: null,
      pct: null,
    },
    records,
    problems: [],
  }
}

test('a report in one line says who, on whom, when and how many', () => {
  assert.deepEqual(summarizeReport(report(good, bad)), {
    kind: 'aggregate',
    reporter: 'Mail Co',
    domain: 'north.example',
    reportId: 'r-1',
    begin: 1,
    end: 2,
    total: 12,
    failed: 2,
    problems: 0,
    partial: false,
  })
})

test('of a report that was read in part nothing is said about all', () => {
  const whole = report(good)
  const partly: AggregateReport = {
    ...whole,
    policy: { ...whole.policy, p: 'none' },
    problems: [{ code: 'malformed', where: '', text: 'x' }],
  }
  assert.equal(summarizeReport(partly).partial, true)
  const advice = adviseOn(partly)
  assert.match(advice[0] ?? '', /^This report was read in part: the numbers are those of what/)
  assert.ok(!advice.some((one) => one.includes('All messages passed')))
  const complete = adviseOn({
    ...partly,
    problems: [{ code: 'unusual-value', where: '', text: '' }],
  })
  assert.ok(complete.some((one) => one.includes('All messages passed')))
})

const costs: readonly (readonly [ReportProblemCode, string, boolean])[] = [
  ['malformed', '', true],
  ['too-large', 'record', true],
  ['archive', '', true],
  ['passed-over', 'record 1: count', true],
  ['missing', 'record 1: row/count', true],
  ['invalid-value', 'record 1: row/count', true],
  ['invalid-value', 'policy 1: total-failure-session-count', true],
  ['invalid-value', 'failed-session-count', true],
  ['unusual-value', 'record 1: row/count', false],
  ['missing', 'report_metadata: email', false],
  ['invalid-value', 'discount', false],
  ['not-a-report', '', false],
  ['encoding', '', false],
  ['doctype', '', false],
]

for (const [code, where, part] of costs) {
  test(`a report with the problem ${code} ${where} is read ${part ? 'in part' : 'whole'}`, () => {
    assert.equal(
      readInPart([
        { code: 'encoding', where: '', text: '' },
        { code, where, text: '' },
      ]),
      part,
    )
  })
}

test('fifty problems are listed and the others counted, as what the worst of them is', () => {
  const list = new ProblemList()
  for (let i = 0; i < 50; i++) list.add('unusual-value', String(i), '')
  assert.equal(list.all().length, 50)
  list.add('unusual-value', '50', '')
  assert.deepEqual(list.all().at(-1), {
    code: 'unusual-value',
    where: '',
    text: 'There are 1 more problems.',
  })
  assert.ok(!readInPart(list.all()))
  list.add('missing', 'record 9: row/count', '')
  list.add('encoding', '', '')
  assert.equal(list.all().length, 51)
  assert.match(list.all().at(-1)?.text ?? '', /3 more/)
  assert.ok(readInPart(list.all()))
})

test('sources are added up, those with the most failures first', () => {
  const spf = { domain: 'x.example', scope: null, result: 'pass' as const, humanResult: null }
  const sources = summarizeSources(
    report(
      good,
      { ...bad, spf: [spf] },
      { ...good, dkimAligned: 'fail' },
      {
        ...bad,
        count: 1,
        disposition: 'quarantine',
      },
    ),
  )
  assert.deepEqual(sources, [
    {
      sourceIp: '198.51.100.7',
      messages: 3,
      passed: 0,
      dkimAligned: 0,
      spfAligned: 0,
      quarantined: 1,
      rejected: 2,
      strangers: ['x.example'],
      reasons: [],
    },
    {
      sourceIp: '192.0.2.1',
      messages: 20,
      passed: 20,
      dkimAligned: 10,
      spfAligned: 20,
      quarantined: 0,
      rejected: 0,
      strangers: [],
      reasons: [],
    },
  ])
})

test('an address called "__proto__" is a source like any other', () => {
  assert.equal(summarizeSources(report({ ...bad, sourceIp: '__proto__' }))[0]?.messages, 2)
})

const stranger = {
  domain: 'esp.example',
  selector: 's',
  result: 'pass',
  humanResult: null,
} as const

const advice: readonly (readonly [string, readonly AggregateRecord[], RegExp])[] = [
  ['all is well', [good], /All messages passed/],
  [
    'a stranger',
    [bad],
    /198\.51\.100\.7 sent 2 messages that failed\. Nothing of it authenticates/,
  ],
  ['a service', [{ ...bad, dkim: [stranger] }], /It authenticates as esp\.example/],
  ['a program of ours', [bad, { ...good, sourceIp: bad.sourceIp }], /Others of it passed/],
  [
    'an exception',
    [{ ...bad, reasons: [{ type: 'mailing_list', comment: 'x' }] }],
    /made an exception \(mailing_list: x\)/,
  ],
  ['SPF alone', [{ ...good, count: 1, dkimAligned: 'fail' }], /^1 message passed by SPF alone/],
]

for (const [name, records, expected] of advice) {
  test(`what to look at: ${name}`, () => {
    assert.match(adviseOn(report(...records))[0] ?? '', expected)
  })
}

test('many failing sources are not all listed', () => {
  const many = Array.from({ length: 40 }, (_, i) => ({ ...bad, sourceIp: `192.0.2.${i}` }))
  const told = adviseOn(report(...many))
  assert.equal(told.length, 6)
  assert.match(told[5] ?? '', /^35 more addresses/)
})

test('what the reporter says of the record is handed on', () => {
  assert.match(adviseOn({ ...report(good), errors: ['Bad sp.'] }).join(), /your record: Bad sp\./)
})

test('failures of TLS are told in words', () => {
  const failure = {
    resultType: 'certificate-expired',
    sendingMtaIp: null,
    receivingMxHostname: 'mx.north.example',
    receivingMxHelo: null,
    receivingIp: null,
    failedSessions: 2,
    additionalInformation: null,
    failureReasonCode: null,
  }
  const tls: TlsReport = {
    type: 'tls',
    organizationName: 'Mail Co',
    contactInfo: null,
    reportId: 't',
    begin: null,
    end: null,
    policies: [
      {
        policyType: 'sts',
        policyStrings: [],
        policyDomain: 'north.example',
        mxHosts: [],
        successfulSessions: 5,
        failedSessions: 5,
        failures: [failure, failure, { ...failure, resultType: 'odd', failedSessions: 1 }],
      },
    ],
    problems: [],
  }
  assert.deepEqual(adviseOn(tls), [
    '4 sessions with mx.north.example failed: the certificate has expired: renew it.',
    '1 session with mx.north.example failed: odd.',
  ])
  const { total, failed, domain } = summarizeReport(tls)
  assert.deepEqual([total, failed, domain], [10, 5, 'north.example'])
})

test('complaints and failures of single messages are explained', () => {
  const feedback = (fields: string): readonly string[] => {
    const read = readFeedback(
      readParts(encodeUtf8(`Content-Type: message/feedback-report\n\n${fields}\n`)),
    )
    assert.ok(read !== undefined)
    return adviseOn(read)
  }
  assert.match(feedback('Feedback-Type: fraud').join(), /as fraud/)
  assert.match(feedback('Feedback-Type: not-spam').join(), /it is none/)
  const told = feedback(
    'Feedback-Type: auth-failure\nSource-IP: 192.0.2.1\nIdentity-Alignment: spf',
  )
  assert.match(told.join(), /came from 192\.0\.2\.1\. It had no aligned pass of SPF\./)
})

test('of a source five reasons and five strangers are listed', () => {
  const reasons = Array.from({ length: 6 }, (_, i) => ({
    type: 'other' as const,
    comment: `r${i}`,
  }))
  const spf = Array.from({ length: 6 }, (_, i) => {
    return { domain: `d${i}.example`, scope: null, result: 'pass' as const, humanResult: null }
  })
  const [source] = summarizeSources(report({ ...bad, reasons, spf }))
  assert.deepEqual(source?.reasons, [
    'other: r0',
    'other: r1',
    'other: r2',
    'other: r3',
    'other: r4',
  ])
  assert.equal(source?.strangers.length, 5)
})
