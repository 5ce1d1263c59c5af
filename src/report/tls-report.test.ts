import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { encodeUtf8 } from '../base/octets.ts'
import { formOf } from './report-mail.ts'
import { readInPart } from './report-problem.ts'
import { readTlsReports, type TlsReport } from './tls-report.ts'

const report = {
  'organization-name': 'Mail Co',
  'date-range': {
    'start-datetime': '2026-11-22T00:00:00Z',
    'end-datetime': '2026-11-22T23:59:59Z',
  },
  'contact-info': 'tls@mail.example',
  'report-id': 't-1',
  policies: [
    {
      policy: {
        'policy-type': 'sts',
        'policy-string': ['version: STSv1', 'mode: enforce'],
        'policy-domain': 'North.Example',
        'mx-host': ['*.north.example'],
      },
      summary: { 'total-successful-session-count': 40, 'total-failure-session-count': 2 },
      'failure-details': [
        {
          'result-type': 'certificate-expired',
          'sending-mta-ip': '2001:db8:0:0::1',
          'receiving-mx-hostname': 'mx.north.example',
          'failed-session-count': 2,
        },
      ],
    },
  ],
}

/** The first report of a file. */
function readTlsReport(octets: Uint8Array): ReturnType<typeof readTlsReports>[number] {
  const [first] = readTlsReports(octets)
  assert.ok(first !== undefined)
  return first
}

function read(value: unknown): TlsReport {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const read = readTlsReport(encodeUtf8(text))
  if (read.type !== 'tls') assert.fail(JSON.stringify(read))
  return read
}

test('a report is read into plain data', () => {
  const tls = read(report)
  assert.deepEqual(tls.problems, [])
  assert.equal(tls.begin, Date.UTC(2026, 10, 22) / 1000)
  assert.equal(tls.end, Date.UTC(2026, 10, 23) / 1000 - 1)
  const [policy] = tls.policies
  assert.equal(policy?.policyDomain, 'north.example')
  assert.equal(policy.failures[0]?.sendingMtaIp, '2001:db8::1')
  assert.equal(policy.failures[0].receivingIp, null)
  assert.deepEqual(JSON.parse(JSON.stringify(tls)), tls)
})

test('what is written otherwise is understood, and what is wrong is told', () => {
  const policies = report.policies.map((one) => ({
    ...one,
    policy: { ...one.policy, 'mx-host': 'mx.north.example', 'policy-type': 'magic' },
    summary: { ...one.summary, 'total-successful-session-count': '40' },
  }))
  const dates = { 'start-datetime': '2026-11-22 01:00:00+01:00', 'end-datetime': 'noon' }
  const odd = { ...report, 'date-range': dates, policies }
  const tls = read(odd)
  assert.equal(tls.begin, Date.UTC(2026, 10, 22) / 1000)
  assert.equal(tls.end, null)
  assert.deepEqual(tls.policies[0]?.mxHosts, ['mx.north.example'])
  assert.equal(tls.policies[0].policyType, null)
  assert.equal(tls.policies[0].successfulSessions, 40)
  assert.deepEqual(
    tls.problems.map(({ code, where }) => `${code} ${where}`),
    ['invalid-value policy 1: policy-type', 'invalid-value date-range/end-datetime'],
  )
})

test('a time may stand in lower case, with a space, without a zone or as a day alone', () => {
  const expected = Date.UTC(2026, 10, 22) / 1000
  const times = [
    '2026-11-22T00:00:00Z',
    '2026-11-22t00:00:00z',
    '2026-11-22 00:00:00Z',
    '2026-11-22 00:00:00',
    '2026-11-22T00:00:00.999999999',
    '2026-11-21 19:00:00-05:00',
    '2026-11-22',
    '1795305600',
  ]
  for (const time of times) {
    const odd = { ...report, 'date-range': { ...report['date-range'], 'start-datetime': time } }
    assert.equal(read(odd).begin, expected, time)
  }
})

test('what is no report says why', () => {
  for (const [text, code] of [
    ['', 'malformed'],
    ['{"policies":', 'malformed'],
    ['[]', 'not-a-report'],
    ['null', 'not-a-report'],
    ['{"a":1}', 'not-a-report'],
    ['{"__proto__":{"policies":[]}}', 'not-a-report'],
  ] as const) {
    const answer = readTlsReport(encodeUtf8(text))
    assert.equal(answer.type, 'unreadable', text)
    assert.equal(answer.problems[0]?.code, code, text)
  }
})

test('a policy that is none, one without its list, and texts over the limit are told or read', () => {
  const read = (policies: unknown) => {
    const text = JSON.stringify({ 'organization-name': 'x', policies })
    const report = readTlsReport(encodeUtf8(text))
    if (report.type !== 'tls') assert.fail(report.type)
    return report
  }
  const told = (policies: unknown): readonly string[] => {
    return read(policies).problems.map(({ code, where }) => `${code} ${where}`)
  }
  assert.ok(told([7]).includes('passed-over policy 1: policy'))
  const policy = { 'policy-type': 'sts', 'policy-domain': 'a.example' }
  assert.equal(read({ policy }).policies[0]?.policyDomain, 'a.example')
  const hosts = (count: number) => [
    { policy: { ...policy, 'mx-host': Array.from({ length: count }, () => 'm') } },
  ]
  assert.ok(!told(hosts(100)).some((one) => one.startsWith('too-large')))
  assert.ok(told(hosts(101)).includes('too-large policy 1: mx-host'))
  assert.equal(read(hosts(101)).policies[0]?.mxHosts.length, 100)
})

test('deep, long and wide documents are bounded', () => {
  const before = process.cpuUsage()
  const deep = `{"policies":${'['.repeat(1_000_000)}`
  assert.equal(readTlsReport(encodeUtf8(deep)).type, 'unreadable')
  const wide = `{"policies":[${'{},'.repeat(200_000)}{}]}`
  const tls = read(wide)
  assert.equal(tls.policies.length, 1000)
  assert.ok(tls.problems.length < 60)
  const details = `{"policies":[{"failure-details":[${'{},'.repeat(200_000)}{}]}]}`
  assert.equal(read(details).policies[0]?.failures.length, 10_000)
  assert.equal(readTlsReport(new Uint8Array(9 << 20)).type, 'unreadable')
  assert.ok(process.cpuUsage(before).user < 3000_000)
})

test('any JSON is read without a fault', () => {
  const keys = ['policies', 'policy', 'summary', 'failure-details', 'date-range', 'policy-type']
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(null, true, 1, -1, 1e300, '', 'sts', '2026-11-22'),
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom(...keys), tie('any'), { maxKeys: 5 }),
    ),
  })).any
  fc.assert(
    fc.property(value, (any) => {
      const answer = readTlsReport(encodeUtf8(JSON.stringify({ policies: any })))
      assert.deepEqual(JSON.parse(JSON.stringify(answer)), answer)
    }),
    { numRuns: 500 },
  )
})

test('what a summary does not count is told, and failures that are told count', () => {
  const policies = report.policies.map(({ policy, 'failure-details': failures }) => {
    return { policy, 'failure-details': failures }
  })
  const without = { ...report, policies }
  const none = read(without)
  assert.equal(none.policies[0]?.failedSessions, 2)
  assert.ok(readInPart(none.problems))
  assert.deepEqual(
    none.problems.map(({ code, where }) => [code, where]),
    [
      ['missing', 'policy 1: total-successful-session-count'],
      ['missing', 'policy 1: total-failure-session-count'],
    ],
  )
})

test('several reports of a file are read, in a list or one behind the other', () => {
  const other = JSON.stringify({ ...report, 'report-id': 't-2' })
  const one = JSON.stringify(report)
  for (const file of [`${one}\n${other}\n`, `${one}${other}`, `[${one},${other}]`]) {
    const readings = readTlsReports(encodeUtf8(file))
    assert.deepEqual(
      readings.map((reading) => reading.type === 'tls' && [reading.reportId, reading.problems]),
      [
        ['t-1', []],
        ['t-2', []],
      ],
    )
  }
  const many = readTlsReports(encodeUtf8(`[${Array(21).fill(one).join(',')}]`))
  assert.equal(many.length, 20)
  assert.deepEqual(many.at(-1)?.problems[0]?.code, 'too-large')
  const lines = readTlsReports(encodeUtf8(Array(21).fill(one).join('\n')))
  assert.equal(lines.length, 20)
  assert.deepEqual(
    lines.map(({ problems }) => problems.length),
    [...Array<number>(19).fill(0), 1],
  )
})

test('what stands behind a report costs nothing of it, and is told when it is something', () => {
  const one = JSON.stringify(report)
  for (const fill of ['\0\0\0', '\x1a', '\r\n \0']) assert.deepEqual(read(one + fill).problems, [])
  for (const rest of ['}', ' that was all', '{"policies":']) {
    assert.deepEqual(
      read(one + rest).problems.map(({ code }) => code),
      ['passed-over'],
    )
  }
})

test('controls in a text and UTF-16 cost nothing, and are told', () => {
  const broken = JSON.stringify(report).replace('tls@mail', 'tls\n\u0001@mail')
  const withControls = read(broken)
  assert.equal(withControls.contactInfo, 'tls @mail.example')
  assert.deepEqual(
    withControls.problems.map(({ code }) => code),
    ['unusual-value'],
  )
  for (const bigEndian of [false, true]) {
    const units = Uint16Array.from(`\ufeff${JSON.stringify(report)}`, (unit) => unit.charCodeAt(0))
    const octets = new Uint8Array(units.buffer)
    if (bigEndian) new Uint8Array(octets).forEach((_, at, all) => (octets[at] = all[at ^ 1] ?? 0))
    const wide = readTlsReport(octets)
    assert.equal(wide.type === 'tls' && wide.reportId, 't-1')
    assert.deepEqual(
      wide.problems.map(({ code }) => code),
      ['encoding'],
    )
    assert.equal(formOf(octets), 'json')
  }
})

test('a leap second is a time, and a day that is none is not', () => {
  const range = { 'start-datetime': '2026-02-30T00:00:00Z', 'end-datetime': '2026-12-31T23:59:60Z' }
  const odd = read({ ...report, 'date-range': range })
  assert.equal(odd.end, Date.UTC(2026, 11, 31, 23, 59, 59) / 1000)
  assert.equal(odd.begin, null)
})
