import { type TestContext, test } from 'node:test'
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { encodeUtf8, octetString } from '../base/octets.ts'
import { buildAggregateMail } from './aggregate-mail.ts'
import { aggregateReportId, escapeXml, type Reporter } from './format-aggregate.ts'
import type { AggregateRow, GatheredReport } from './gather-aggregate.ts'
import { readAggregates } from './read-aggregate.ts'
import { formatAggregate, gatherAggregate } from './test-support/aggregate.ts'
import { readReportMail } from './report-mail.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const schema = join(root, 'shared/conformance/reports/rua-rfc9990-draft.xsd')

const reporter: Reporter = {
  domain: 'mx.south.example',
  orgName: 'South & Sons <south>',
  email: 'postmaster@south.example',
  generator: 'Waybill 0.1.0',
}

const row: AggregateRow = {
  receivedAt: Date.UTC(2026, 10, 22, 10),
  sourceIp: '192.0.2.1',
  headerFrom: 'a.north.example',
  envelopeFrom: '',
  dkim: [
    { domain: 'north.example', selector: 's1', result: 'pass', aligned: true },
    { domain: 'x.example', selector: 's2', result: 'fail', aligned: false, humanResult: 'a < b' },
  ],
  spf: { domain: 'mx.north.example', result: 'softfail' },
  dkimAligned: true,
  spfAligned: false,
  disposition: 'pass',
  overrides: [],
  policy: {
    domain: 'north.example',
    p: 'reject',
    sp: 'quarantine',
    np: 'reject',
    adkim: 'r',
    aspf: 's',
    fo: '1:d',
    testing: 'y',
    rua: ['mailto:dmarc@north.example'],
    problems: ['The tag ri is obsolete.'],
  },
  count: 7,
}

const failed: AggregateRow = {
  ...row,
  sourceIp: '2001:db8::1',
  envelopeFrom: 'forged.example',
  dkim: [],
  spf: null,
  dkimAligned: false,
  disposition: 'none',
  overrides: [
    { type: 'trusted_forwarder', comment: 'list.example & others' },
    { type: 'policy_test_mode', comment: '' },
  ],
}

function gather(...rows: readonly AggregateRow[]): GatheredReport {
  const [report] = gatherAggregate(rows)
  assert.ok(report !== undefined)
  return report
}

/** Whether there is a tool to check against; without one the test is skipped, or fails. */
function xmllint(t: TestContext): boolean {
  const missing = spawnSync('xmllint', ['--version']).error !== undefined
  const why = missing
    ? 'xmllint is not installed'
    : existsSync(schema)
      ? undefined
      : 'the folder shared/conformance/reports is not beside the repository'
  if (why === undefined) return true
  assert.ok(!missing || process.env['WAYBILL_REQUIRE_PEERS'] !== '1', why)
  t.skip(why)
  return false
}

test('what is written fits the schema of RFC 9990', (t) => {
  if (!xmllint(t)) return
  const folder = mkdtempSync(join(tmpdir(), 'waybill-report-'))
  try {
    const hostile = {
      ...failed,
      headerFrom: ']]>&<b>\u0000\ud800"',
      overrides: [{ type: 'other' as const, comment: '\u0001\ufffe<!--' }],
    }
    const reports = [gather(row), gather(failed), gather(row, failed, hostile)]
    for (const [index, report] of reports.entries()) {
      const file = join(folder, `${index}.xml`)
      writeFileSync(file, formatAggregate(report, reporter))
      const checked = spawnSync('xmllint', ['--noout', '--schema', schema, file])
      assert.equal(checked.status, 0, checked.stderr.toString())
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('what is written is read again, without a problem', () => {
  const report = gather(row, failed)
  const [read] = readAggregates(encodeUtf8(formatAggregate(report, reporter)))
  if (read.type !== 'aggregate') assert.fail(JSON.stringify(read))
  assert.deepEqual(read.problems, [])
  assert.equal(read.format, 'rfc9990')
  assert.equal(read.orgName, 'South & Sons <south>')
  assert.equal(read.reportId, '1795305600-north.example@mx.south.example')
  assert.deepEqual(read.errors, ['The tag ri is obsolete.'])
  assert.deepEqual(read.policy, {
    domain: 'north.example',
    p: 'reject',
    sp: 'quarantine',
    np: 'reject',
    adkim: 'r',
    aspf: 's',
    fo: '1:d',
    testing: 'y',
    discoveryMethod: 'treewalk',
    pct: null,
  })
  assert.deepEqual(read.records, [
    {
      sourceIp: '192.0.2.1',
      count: 7,
      disposition: 'pass',
      dkimAligned: 'pass',
      spfAligned: 'fail',
      reasons: [],
      headerFrom: 'a.north.example',
      envelopeFrom: '',
      envelopeTo: null,
      dkim: [
        { domain: 'north.example', selector: 's1', result: 'pass', humanResult: null },
        { domain: 'x.example', selector: 's2', result: 'fail', humanResult: 'a < b' },
      ],
      spf: [{ domain: 'mx.north.example', scope: 'mfrom', result: 'softfail', humanResult: null }],
    },
    {
      sourceIp: '2001:db8::1',
      count: 7,
      disposition: 'none',
      dkimAligned: 'fail',
      spfAligned: 'fail',
      reasons: [
        { type: 'trusted_forwarder', comment: 'list.example & others' },
        { type: 'policy_test_mode', comment: null },
      ],
      headerFrom: 'a.north.example',
      envelopeFrom: 'forged.example',
      envelopeTo: null,
      dkim: [],
      spf: [],
    },
  ])
})

test('no text can break out of its element', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const report = gather({ ...row, headerFrom: `a${text}z` })
      const [read] = readAggregates(
        encodeUtf8(formatAggregate(report, { ...reporter, orgName: text })),
      )
      assert.equal(read.type, 'aggregate')
      assert.ok(!read.problems.some(({ code }) => code === 'malformed'), JSON.stringify(text))
      if (read.type === 'aggregate') assert.equal(read.records.length, 1)
    }),
    { numRuns: 300 },
  )
  assert.equal(escapeXml('a\u0000<&>\ud83d\ude00'), 'a\ufffd&lt;&amp;&gt;\ud83d\ude00')
})

test('the message has the name and the subject of RFC 9990, and one attachment', () => {
  const report = gather(row, failed)
  const packed = Uint8Array.from({ length: 300 }, (_, i) =>
    i === 0 ? 0x1f : i === 1 ? 0x8b : i & 255,
  )
  const mail = buildAggregateMail({
    report,
    reporter,
    packed,
    from: 'dmarc-noreply@south.example',
    to: ['dmarc@north.example', 'r@reports.example'],
    now: Date.UTC(2026, 10, 23, 1),
  })
  assert.equal(mail.fileName, 'mx.south.example!north.example!1795305600!1795391999.xml.gz')
  assert.equal(mail.reportId, aggregateReportId(report, reporter))
  assert.equal(mail.messageId, `<${mail.reportId}>`)
  assert.equal(
    mail.subject,
    `Report Domain: north.example Submitter: mx.south.example Report-ID: ${mail.reportId}`,
  )
  const text = octetString(mail.message)
  // RFC 9990 §3.5.2: dmarc-subject, with folds where FWS may be.
  assert.match(
    text,
    /\r\nSubject: Report Domain:\s+north\.example\s+Submitter:\s+mx\.south\.example\s+Report-ID:\s+1795305600-north\.example@mx\.south\.example\r\nDate/,
  )
  assert.match(text, /\r\nTo: <dmarc@north\.example>,\s+<r@reports\.example>\r\n/)
  assert.match(text, /\r\nAuto-Submitted: auto-generated\r\n/)
  assert.match(text, /Messages: 14; passed: 7; failed: 7\./)
  for (const line of text.split('\r\n')) assert.ok(line.length <= 998 && !/[\r\n]/.test(line))
  assert.deepEqual(readReportMail(mail.message), {
    feedback: [],
    files: [{ name: mail.fileName, octets: packed }],
    problems: [],
  })
})
