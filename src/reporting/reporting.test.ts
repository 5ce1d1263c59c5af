import { test } from 'node:test'
import assert from 'node:assert/strict'
import { MemoryResolver, type Zone } from '../dns/testing.ts'
import { decide } from '../inspect/decide.ts'
import type { DecisionRules } from '../inspect/rules.ts'
import { Inspection } from '../inspect/inspection.ts'
import { splitMessage } from '../message/header-reader.ts'
import { encodeUtf8 } from '../base/octets.ts'
import { readReports } from '../io/report-reader.ts'
import type { AggregateRow } from '../report/gather-aggregate.ts'
import { defaultFailureLimits, FailureLimiter } from '../report/failure-policy.ts'
import { aggregateRow, type JudgedMessage } from './aggregate-row.ts'
import { findDestinations } from './destinations.ts'
import { type OutgoingReport, sendAggregateReports } from './send-aggregate.ts'
import { sendFailureReport } from './send-failure.ts'

const zone: Zone = {
  'north.example': { TXT: ['v=spf1 ip4:192.0.2.1 -all'], A: ['192.0.2.1'] },
  '_dmarc.north.example': {
    TXT: [
      'v=DMARC1; p=reject; sp=quarantine; adkim=x; rua=mailto:dmarc@north.example, mailto:r@reports.example, https://x.example/; ruf=mailto:ruf@north.example; fo=1',
    ],
  },
  'north.example._report._dmarc.reports.example': {
    TXT: ['v=DMARC1; rua=mailto:all@reports.example'],
  },
  '_dmarc.quiet.example': { TXT: ['v=DMARC1; p=none'] },
  'quiet.example': { TXT: ['v=spf1 -all'] },
  '_dmarc.far.example': { TXT: ['v=DMARC1; p=none; rua=mailto:r@down.example'] },
  'far.example._report._dmarc.down.example': { error: 'SERVFAIL' },
  // Two domains whose owner reads their reports at one place, which has agreed to both.
  '_dmarc.one.example': {
    TXT: ['v=DMARC1; p=none; ruf=mailto:nobody@north.example, mailto:all@reports.example'],
  },
  '_dmarc.two.example': { TXT: ['v=DMARC1; p=none; ruf=mailto:all@reports.example'] },
  '_dmarc.three.example': { TXT: ['v=DMARC1; p=none; ruf=mailto:victim@quiet.example'] },
  'one.example._report._dmarc.reports.example': { TXT: ['v=DMARC1'] },
  'two.example._report._dmarc.reports.example': { TXT: ['v=DMARC1'] },
  'one.example._report._dmarc.north.example': { TXT: ['v=DMARC1'] },
}
const resolver = new MemoryResolver(zone)

const rules: DecisionRules = {
  trustedForwarders: [],
  mailingLists: [],
  allow: [],
  onTemperror: 'defer',
}

const arrived = Date.UTC(2026, 10, 22, 10)

async function judge(more: {
  readonly ip?: string
  readonly mailFrom?: string
  readonly from?: string
  readonly rules?: Partial<DecisionRules>
  readonly fields?: string
}): Promise<JudgedMessage & { readonly message: Uint8Array }> {
  const author = more.from ?? 'a@north.example'
  const message = encodeUtf8(`From: ${author}\r\n${more.fields ?? ''}Subject: x\r\n\r\nbody\r\n`)
  const { header, body } = splitMessage(message)
  const inspection = new Inspection(
    {
      ip: more.ip ?? '192.0.2.1',
      helo: 'mx.north.example',
      mailFrom: more.mailFrom ?? author,
      receiver: 'mx.south.example',
      now: arrived / 1000,
    },
    { spf: resolver, dkim: resolver, arc: resolver, dmarc: resolver },
  )
  inspection.header(header)
  inspection.body(body)
  const evaluation = await inspection.finish()
  const decision = decide(evaluation, header, { ...rules, ...more.rules })
  return { receivedAt: arrived, evaluation, decision, message }
}

async function rowOf(more: Parameters<typeof judge>[0]): Promise<AggregateRow> {
  const row = aggregateRow(await judge(more))
  assert.ok(row !== undefined)
  return row
}

test('a verdict becomes a row, defaults of the policy filled in', async () => {
  const row = await rowOf({})
  assert.deepEqual(row, {
    receivedAt: arrived,
    sourceIp: '192.0.2.1',
    headerFrom: 'north.example',
    envelopeFrom: 'north.example',
    dkim: [],
    spf: { domain: 'north.example', result: 'pass' },
    dkimAligned: false,
    spfAligned: true,
    disposition: 'pass',
    overrides: [],
    policy: {
      domain: 'north.example',
      p: 'reject',
      sp: 'quarantine',
      np: 'quarantine',
      adkim: 'r',
      aspf: 'r',
      fo: '1',
      testing: 'n',
      rua: ['mailto:dmarc@north.example', 'mailto:r@reports.example', 'https://x.example/'],
      problems: ['The tag adkim has the value "x", which is not valid.'],
    },
    count: 1,
  })
})

test('what was done against the policy is told with its reason', async () => {
  const forged = await rowOf({ ip: '198.51.100.7' })
  assert.equal(forged.disposition, 'reject')
  assert.deepEqual(forged.overrides, [])
  const allowed = await rowOf({ ip: '198.51.100.7', rules: { allow: ['north.example'] } })
  assert.equal(allowed.disposition, 'none')
  assert.equal(allowed.overrides[0]?.type, 'local_policy')
})

test('the null reverse-path is an empty name', async () => {
  assert.equal((await rowOf({ mailFrom: '' })).envelopeFrom, '')
})

test('a signature is told with what it came to', async () => {
  const fields =
    'DKIM-Signature: v=1; a=rsa-sha256; d=north.example; s=gone; h=from; bh=; b=AAAA\r\n'
  const [signature] = (await rowOf({ fields })).dkim
  assert.equal(signature?.selector, 'gone')
  assert.equal(signature.result, 'permerror')
  assert.equal(signature.aligned, false)
  assert.ok((signature.humanResult ?? '') !== '')
})

test('no policy and no decision make no row', async () => {
  assert.equal(aggregateRow(await judge({ from: 'a@nobody.example' })), undefined)
  const deferred = await judge({})
  const open = { ...deferred.decision, action: 'defer', did: null } as const
  assert.equal(aggregateRow({ ...deferred, decision: open }), undefined)
})

test('a place outside has to agree, and may name another on its host', async () => {
  const input = { policyDomain: 'north.example', tag: 'rua' } as const
  const uris = [
    'mailto:dmarc@north.example',
    'mailto:dmarc@north.example',
    'mailto:r@reports.example',
    'mailto:r@stranger.example',
    'mailto:j%C3%BC@north.example',
    'mailto:%22a%20b%22@north.example',
    'https://north.example/',
    'nonsense',
  ]
  assert.deepEqual(await findDestinations({ ...input, uris }, resolver), {
    mailboxes: ['dmarc@north.example', 'all@reports.example'],
    refused: [
      { uri: 'mailto:r@stranger.example', because: 'not-authorized' },
      { uri: 'mailto:j%C3%BC@north.example', because: 'unusable' },
      { uri: 'mailto:%22a%20b%22@north.example', because: 'unusable' },
      { uri: 'https://north.example/', because: 'not-mail' },
      { uri: 'nonsense', because: 'unusable' },
    ],
  })
  const many = Array.from({ length: 500 }, (_, i) => `mailto:${i}@north.example`)
  const some = await findDestinations({ ...input, uris: many }, resolver)
  assert.equal(some.mailboxes.length, 10)
  assert.equal(some.refused.length, 10)
})

const reporter = {
  domain: 'mx.south.example',
  orgName: 'South',
  email: 'postmaster@south.example',
  generator: 'Waybill',
}

function run(
  rows: readonly AggregateRow[],
  sent: Map<string, OutgoingReport>,
): Parameters<typeof sendAggregateReports>[0] {
  return {
    day: arrived,
    source: {
      async *rows({ begin, end }) {
        assert.equal(begin, Date.UTC(2026, 10, 22))
        assert.equal(end, Date.UTC(2026, 10, 23))
        for (const row of rows) yield await Promise.resolve(row)
      },
      wasSent: (id) => sent.has(id),
    },
    resolver,
    submit: (report) => {
      sent.set(report.reportId, report)
      return Promise.resolve()
    },
    reporter,
    from: 'dmarc-noreply@south.example',
    now: Date.UTC(2026, 10, 23, 1),
  }
}

test('a day is reported to each owner that asks, once, and can be read again', async () => {
  const good = await rowOf({})
  const forged = await rowOf({ ip: '198.51.100.7' })
  const quiet = await rowOf({ from: 'a@quiet.example' })
  const late = { ...good, receivedAt: arrived + 86_400_000 }
  const sent = new Map<string, OutgoingReport>()
  const rows = [good, forged, good, quiet, late]
  const outcomes = await sendAggregateReports(run(rows, sent))
  assert.deepEqual(outcomes, [
    {
      reportId: '1795305600-north.example@mx.south.example',
      policyDomain: 'north.example',
      messages: 3,
      result: 'sent',
      to: ['dmarc@north.example', 'all@reports.example'],
      refused: [{ uri: 'https://x.example/', because: 'not-authorized' }],
    },
  ])
  const [report] = sent.values()
  assert.ok(report !== undefined)
  assert.equal(report.reversePath, 'dmarc-noreply@south.example')
  assert.deepEqual(report.recipients, ['dmarc@north.example', 'all@reports.example'])
  const [found, ...others] = await readReports({ name: '', octets: report.message })
  assert.deepEqual(others, [])
  if (found?.reading.type !== 'aggregate') assert.fail(JSON.stringify(found))
  assert.deepEqual(found.reading.problems, [])
  assert.equal(found.name, 'mx.south.example!north.example!1795305600!1795391999.xml')
  assert.deepEqual(
    found.reading.records.map(({ sourceIp, count, disposition }) => [sourceIp, count, disposition]),
    [
      ['192.0.2.1', 2, 'pass'],
      ['198.51.100.7', 1, 'reject'],
    ],
  )
  const again = await sendAggregateReports(run(rows, sent))
  assert.deepEqual(
    again.map(({ result }) => result),
    ['already-sent'],
  )
  assert.equal(sent.size, 1)
})

test('a place that cannot be asked is tried later', async () => {
  const sent = new Map<string, OutgoingReport>()
  const [outcome] = await sendAggregateReports(run([await rowOf({ from: 'a@far.example' })], sent))
  assert.equal(outcome?.result, 'try-later')
  assert.deepEqual(outcome.refused, [{ uri: 'mailto:r@down.example', because: 'dns-error' }])
  assert.equal(sent.size, 0)
})

async function failureOf(
  more: Parameters<typeof judge>[0],
  limiter: FailureLimiter,
): Promise<{
  readonly outcome: Awaited<ReturnType<typeof sendFailureReport>>
  readonly sent: readonly OutgoingReport[]
}> {
  const judged = await judge(more)
  const sent: OutgoingReport[] = []
  const outcome = await sendFailureReport({
    evaluation: judged.evaluation,
    decision: judged.decision,
    fields: splitMessage(judged.message).header.fields,
    reversePath: more.mailFrom ?? 'a@north.example',
    envelopeId: 'e-1',
    arrivedAt: arrived,
    now: arrived,
    authenticationResults: 'mx.south.example; dmarc=fail',
    include: 'header',
    original: () => Promise.resolve({ octets: judged.message, complete: true }),
    from: 'dmarc-noreply@south.example',
    reporter,
    random: () => 0.5,
    limiter,
    resolver,
    reaches: (address) => Promise.resolve(address !== 'nobody@north.example'),
    submit: (report) => {
      sent.push(report)
      return Promise.resolve()
    },
  })
  return { outcome, sent }
}

const enabled = { ...defaultFailureLimits, enabled: true, perDestination: 1 }

test('a failure is told to the owner that asks, when the operator allows it', async () => {
  const forged = { ip: '198.51.100.7' }
  const off = await failureOf(forged, new FailureLimiter())
  assert.deepEqual(off.outcome, { result: 'not-sent', because: 'disabled', refused: [] })
  const limiter = new FailureLimiter(enabled)
  const { outcome, sent } = await failureOf(forged, limiter)
  assert.deepEqual(outcome, {
    result: 'sent',
    to: ['ruf@north.example'],
    incidents: 1,
    refused: [],
  })
  const [report] = sent
  assert.ok(report !== undefined)
  assert.equal(report.reversePath, '')
  const [found] = await readReports({ name: '', octets: report.message })
  if (found?.reading.type !== 'failure') assert.fail(JSON.stringify(found))
  assert.deepEqual(found.reading.problems, [])
  assert.deepEqual(found.reading.identityAlignment, ['dkim', 'spf'])
  assert.equal(found.reading.deliveryResult, 'reject')
  assert.equal(found.reading.spfDns, 'txt : north.example : "v=spf1 ip4:192.0.2.1 -all"')
  const next = await failureOf(forged, limiter)
  assert.deepEqual(next.outcome, { result: 'not-sent', because: 'domain-limit', refused: [] })
})

test('a place gets no more than its share, whoever names it; what is held back is counted', async () => {
  const limiter = new FailureLimiter(enabled)
  const one = await failureOf({ from: 'a@one.example' }, limiter)
  assert.deepEqual(one.outcome, {
    result: 'sent',
    to: ['all@reports.example'],
    incidents: 1,
    refused: [{ uri: 'mailto:nobody@north.example', because: 'no-mailbox' }],
  })
  const two = await failureOf({ from: 'a@two.example' }, limiter)
  assert.deepEqual(two.outcome, {
    result: 'not-sent',
    because: 'no-destination',
    refused: [{ uri: 'mailto:all@reports.example', because: 'limit' }],
  })
  assert.deepEqual(two.sent, [])
  const day = 86_400_000
  assert.deepEqual(limiter.permit('two.example', arrived + day), { send: true, incidents: 2 })
})

test('nobody is told who lies outside the domain and has not agreed', async () => {
  const { outcome, sent } = await failureOf(
    { from: 'a@three.example' },
    new FailureLimiter(enabled),
  )
  assert.deepEqual(outcome, {
    result: 'not-sent',
    because: 'no-destination',
    refused: [{ uri: 'mailto:victim@quiet.example', because: 'not-authorized' }],
  })
  assert.deepEqual(sent, [])
})

test('reports, bounces and owners that do not ask get no failure report', async () => {
  const because = async (more: Parameters<typeof judge>[0]): Promise<string> => {
    const { outcome } = await failureOf(more, new FailureLimiter(enabled))
    return outcome.result === 'sent' ? 'sent' : outcome.because
  }
  assert.equal(await because({ ip: '198.51.100.7', mailFrom: '' }), 'automatic')
  const fields = 'Auto-Submitted: auto-generated\r\n'
  assert.equal(await because({ ip: '198.51.100.7', fields }), 'automatic')
  assert.equal(await because({ from: 'a@quiet.example' }), 'not-wanted')
  assert.equal(await because({ from: 'a@nobody.example' }), 'not-wanted')
  // fo=1: DKIM has no aligned pass, although DMARC passes.
  assert.equal(await because({}), 'sent')
})
