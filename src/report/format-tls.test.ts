import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { encodeUtf8 } from '../base/octets.ts'
import { formatTlsReport, tlsFileName, tlsReportId } from './format-tls.ts'
import { buildTlsReportMail } from './tls-report-mail.ts'
import { readTlsReports } from './tls-report.ts'

const folder = new URL('../../../shared/conformance/reports/tlsrpt/', import.meta.url)
const skip = existsSync(folder) ? false : 'the conformance data is not beside the repository'

const reporter = {
  domain: 'north.example',
  orgName: 'north.example',
  email: 'postmaster@north.example',
}
const report = {
  day: Date.UTC(2026, 10, 27),
  domain: 'south.example',
  policies: [
    {
      policy: {
        type: 'sts',
        domain: 'south.example',
        strings: ['version: STSv1', 'mode: testing', 'mx: *.south.example', 'max_age: 86400'],
        mxHosts: ['*.south.example'],
      },
      successes: 5,
      failed: 3,
      failures: [
        {
          resultType: 'certificate-expired',
          mxHost: 'mx.south.example',
          ip: '192.0.2.1',
          from: '2001:db8::25',
          helo: 'mx.south.example',
          reason: 'CERT_HAS_EXPIRED',
          count: 2,
        },
        {
          resultType: 'sts-policy-fetch-error',
          mxHost: '',
          ip: '',
          helo: '',
          reason: '',
          count: 1,
        },
      ],
    },
    {
      policy: { type: 'no-policy-found', domain: 'south.example', strings: [], mxHosts: [] },
      successes: 1,
      failed: 0,
      failures: [],
    },
  ],
} as const

test('a report is the JSON of RFC 8460 §4.4', () => {
  assert.deepEqual(JSON.parse(formatTlsReport(report, reporter)), {
    'organization-name': 'north.example',
    'date-range': {
      'start-datetime': '2026-11-27T00:00:00Z',
      'end-datetime': '2026-11-27T23:59:59Z',
    },
    'contact-info': 'postmaster@north.example',
    'report-id': '1795737600-tls-south.example@north.example',
    policies: [
      {
        policy: {
          'policy-type': 'sts',
          'policy-string': [
            'version: STSv1',
            'mode: testing',
            'mx: *.south.example',
            'max_age: 86400',
          ],
          'policy-domain': 'south.example',
          'mx-host': ['*.south.example'],
        },
        summary: { 'total-successful-session-count': 5, 'total-failure-session-count': 3 },
        'failure-details': [
          {
            'result-type': 'certificate-expired',
            'sending-mta-ip': '2001:db8::25',
            'receiving-mx-hostname': 'mx.south.example',
            'receiving-mx-helo': 'mx.south.example',
            'receiving-ip': '192.0.2.1',
            'failed-session-count': 2,
            'failure-reason-code': 'CERT_HAS_EXPIRED',
          },
          { 'result-type': 'sts-policy-fetch-error', 'failed-session-count': 1 },
        ],
      },
      {
        policy: { 'policy-type': 'no-policy-found', 'policy-domain': 'south.example' },
        summary: { 'total-successful-session-count': 1, 'total-failure-session-count': 0 },
      },
    ],
  })
})

test('our own reader finds in it all that was put in, and nothing to complain of', () => {
  const [read, ...others] = readTlsReports(encodeUtf8(formatTlsReport(report, reporter)))
  assert.ok(read?.type === 'tls' && others.length === 0)
  assert.deepEqual(read.problems, [])
  assert.equal(read.reportId, tlsReportId(report, reporter))
  assert.deepEqual([read.begin, read.end], [report.day / 1000, report.day / 1000 + 86_399])
  const told = read.policies.map((one) => ({
    policy: {
      type: one.policyType,
      domain: one.policyDomain,
      strings: one.policyStrings,
      mxHosts: one.mxHosts,
    },
    successes: one.successfulSessions,
    failed: one.failedSessions,
    failures: one.failures.map((failure) => ({
      resultType: failure.resultType,
      mxHost: failure.receivingMxHostname ?? '',
      ip: failure.receivingIp ?? '',
      ...(failure.sendingMtaIp === null ? {} : { from: failure.sendingMtaIp }),
      helo: failure.receivingMxHelo ?? '',
      reason: failure.failureReasonCode ?? '',
      count: failure.failedSessions,
    })),
  }))
  assert.deepEqual(told, report.policies)
})

/** Each member of a document with the sort of its values: `policies/policy/policy-type string`. */
function members(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((one) => members(one, path))
  if (typeof value !== 'object' || value === null) return [`${path} ${typeof value}`]
  return Object.entries(value).flatMap(([name, one]) => members(one, `${path}/${name}`))
}

test('it has no member that the reports of others do not have', { skip }, () => {
  const known = new Set(
    ['parsedmarc-rfc8460.json', 'parsedmarc-smtp_tls.json', 'parsedmarc-mail.ru.json'].flatMap(
      (name) => members(JSON.parse(readFileSync(new URL(name, folder), 'utf8'))),
    ),
  )
  // RFC 8460 §4.4 has it, and none of these reports.
  known.add('/policies/failure-details/receiving-mx-helo string')
  const ours = members(JSON.parse(formatTlsReport(report, reporter)))
  assert.deepEqual(
    ours.filter((one) => !known.has(one)),
    [],
  )
})

test('the mail says what it is, and carries the file', () => {
  const packed = Uint8Array.of(31, 139, 8, 0)
  const message = buildTlsReportMail({
    report,
    reporter,
    packed,
    from: 'postmaster@north.example',
    to: ['tls@south.example', 'other@south.example'],
    now: Date.UTC(2026, 10, 28, 1, 2, 3),
  })
  assert.equal(
    tlsFileName(report, reporter),
    'north.example!south.example!1795737600!1795823999.json.gz',
  )
  assert.equal(
    Buffer.from(message).toString().replaceAll('\r\n', '\n'),
    `From: TLS reports of "north.example" <postmaster@north.example>
To: <tls@south.example>,
 <other@south.example>
Subject: Report Domain: south.example
 Submitter: north.example
 Report-ID: <1795737600-tls-south.example@north.example>
Date: Sat, 28 Nov 2026 01:02:03 +0000
Message-ID: <1795737600-tls-south.example@north.example>
Auto-Submitted: auto-generated
TLS-Report-Domain: south.example
TLS-Report-Submitter: north.example
TLS-Required: No
MIME-Version: 1.0
Content-Type: multipart/report;
 report-type="tlsrpt";
 boundary="=_waybill_tls_report"

--=_waybill_tls_report
Content-Type: text/plain; charset=us-ascii
Content-Transfer-Encoding: 7bit

This is a TLS report (RFC 8460) of north.example
about mail to south.example, for 2026-11-27 (UTC).

Sessions with TLS as it should be: 6; failed: 3.
The attached file holds the numbers for each policy, as JSON packed with gzip.

--=_waybill_tls_report
Content-Type: application/tlsrpt+gzip;
 name="north.example!south.example!1795737600!1795823999.json.gz"
Content-Transfer-Encoding: base64
Content-Disposition: attachment;
 filename="north.example!south.example!1795737600!1795823999.json.gz"

H4sIAA==
--=_waybill_tls_report--
`,
  )
})
