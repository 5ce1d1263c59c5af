import { type TestContext, test } from 'node:test'
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AggregateReport } from '../report/aggregate.ts'
import type { ReportReading } from '../report/reading.ts'
import { readReports } from './report-reader.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const folder = join(root, 'shared/conformance/reports')

/** A folder that was emptied is not a passed test. */
const leastFiles: Readonly<Record<string, number>> = {
  aggregate: 43,
  tlsrpt: 9,
  failure: 5,
  arf: 5,
}

function filesIn(kind: string, t: TestContext): readonly string[] {
  if (!existsSync(folder)) {
    t.skip('the folder shared/conformance/reports is not beside the repository')
    return []
  }
  const names = readdirSync(join(folder, kind))
  // Beside each message or document of mail-auth stands what is in it; for TLS that is a report, too.
  const found = names.filter((name) => kind === 'tlsrpt' || !/^mail-auth-.*\.json$/.test(name))
  assert.ok(found.length >= (leastFiles[kind] ?? Infinity), `${kind}: ${found.length} files`)
  return found
}

async function readOne(kind: string, name: string): Promise<ReportReading> {
  const octets = new Uint8Array(readFileSync(join(folder, kind, name)))
  const found = await readReports({ name, octets })
  assert.equal(found.length, 1, name)
  const [first] = found
  assert.ok(first !== undefined)
  assert.deepEqual(JSON.parse(JSON.stringify(first.reading)), first.reading, name)
  return first.reading
}

/** Reports that break their format, each with the kinds of problems that are to be told of. */
const flawed: Readonly<Record<string, readonly string[]>> = {
  'invalid-report_with_upper_cased_pass.xml': ['unusual-value'],
  'parsedmarc-example.com_1538204542_1538463818.xml': ['missing'],
  'parsedmarc-ikea.com_example.de_1538690400_1538776800.xml': ['malformed'],
  'parsedmarc-invalid_utf_8.xml': ['encoding', 'missing'],
  'parsedmarc-invalid_xml.xml': ['malformed'],
}

test('every aggregate report is read, and what is wrong with it is told', async (t) => {
  const names = filesIn('aggregate', t)
  for (const name of names) {
    const report = await readOne('aggregate', name)
    if (report.type !== 'aggregate') assert.fail(`${name}: ${JSON.stringify(report)}`)
    assert.ok(report.records.length > 0, name)
    assert.ok(report.policy.domain !== '' && report.reportId !== '' && report.begin !== null, name)
    for (const { count, sourceIp, headerFrom } of report.records) {
      assert.ok(count > 0 && sourceIp !== '' && headerFrom !== '', name)
    }
    const codes = Array.from(new Set(report.problems.map(({ code }) => code))).sort()
    assert.deepEqual(codes, flawed[name] ?? [], name)
  }
  t.diagnostic(`${names.length} reports`)
})

test('packed and plain files of one report say the same', async (t) => {
  if (filesIn('aggregate', t).length === 0) return
  for (const base of ['container-nice-input.xml', 'mail-dmarc-test_dmarc.xml']) {
    const plain = await readOne('aggregate', base)
    for (const ending of ['.gz', '.zip']) {
      const { problems, ...packed } = await readOne('aggregate', `${base}${ending}`)
      assert.deepEqual({ ...packed, problems }, plain, `${base}${ending}`)
    }
  }
})

test('aggregate reports say what mail-auth finds in them', async (t) => {
  const names = filesIn('aggregate', t).filter((name) => name.startsWith('mail-auth-'))
  for (const name of names) {
    const report = await readOne('aggregate', name)
    if (report.type !== 'aggregate') assert.fail(name)
    assert.deepEqual(essence(report), expected('aggregate', name), name)
  }
  t.diagnostic(`${names.length} reports`)
})

type Json = Readonly<Record<string, unknown>>

function expected(kind: string, name: string): unknown {
  const file = join(folder, kind, name.replace(/\.\w+$/, '.json'))
  const parsed: Json = JSON.parse(readFileSync(file, 'utf8'))
  return kind === 'aggregate' ? aggregateOf(parsed) : parsed
}

/** mail-auth's names for what is here `null` or a word in lower case. */
function word(value: unknown): string | null {
  const text = String(value).toLowerCase()
  const own: Readonly<Record<string, string | null>> = {
    unspecified: null,
    null: null,
    undefined: null,
    '': null,
    relaxed: 'r',
    strict: 's',
    mailfrom: 'mfrom',
    temperror: 'temperror',
    permerror: 'permerror',
  }
  return Object.hasOwn(own, text) ? (own[text] ?? null) : text
}

function essence(report: AggregateReport): unknown {
  const { policy } = report
  return {
    version: Number(report.version ?? 0),
    orgName: report.orgName,
    email: report.email,
    contact: report.extraContactInfo,
    reportId: report.reportId,
    begin: report.begin,
    end: report.end,
    domain: policy.domain,
    adkim: policy.adkim,
    aspf: policy.aspf,
    p: policy.p,
    sp: policy.sp,
    np: policy.np,
    testing: policy.testing === 'y',
    method: policy.discoveryMethod,
    fo: policy.fo,
    records: report.records.map((record) => ({
      ip: record.sourceIp,
      count: record.count,
      disposition: record.disposition,
      dkim: record.dkimAligned,
      spf: record.spfAligned,
      // RFC 9990 has no word for sampling any more, and neither has mail-auth.
      reasons: record.reasons.map(({ type, comment }) => {
        return [type === 'sampled_out' ? 'other' : type.replaceAll('_', ''), comment]
      }),
      to: record.envelopeTo,
      from: record.envelopeFrom ?? '',
      author: record.headerFrom,
      signatures: record.dkim.map((one) => [
        one.domain,
        one.selector ?? '',
        one.result,
        one.humanResult,
      ]),
      senders: record.spf.map((one) => [one.domain, one.scope, one.result, one.humanResult]),
    })),
  }
}

interface MailAuthRecord {
  readonly row: Json & { readonly policy_evaluated: Json & { readonly reason: readonly Json[] } }
  readonly identifiers: Json
  readonly auth_results: { readonly dkim: readonly Json[]; readonly spf: readonly Json[] }
}

function aggregateOf(parsed: Json): unknown {
  const {
    report_metadata: metadata,
    policy_published: policy,
    record,
  } = parsed as {
    readonly report_metadata: Json & { readonly date_range: Json }
    readonly policy_published: Json
    readonly record: readonly MailAuthRecord[]
  }
  return {
    version: parsed['version'],
    orgName: metadata['org_name'],
    email: metadata['email'],
    contact: metadata['extra_contact_info'],
    reportId: metadata['report_id'],
    begin: metadata.date_range['begin'],
    end: metadata.date_range['end'],
    domain: policy['domain'],
    adkim: word(policy['adkim']),
    aspf: word(policy['aspf']),
    p: word(policy['p']),
    sp: word(policy['sp']),
    np: word(policy['np']),
    testing: policy['testing'],
    method: word(policy['discovery_method']),
    fo: policy['fo'],
    records: record.map(({ row, identifiers, auth_results: results }) => ({
      ip: row['source_ip'],
      count: row['count'],
      disposition: word(row.policy_evaluated['disposition']),
      dkim: word(row.policy_evaluated['dkim']),
      spf: word(row.policy_evaluated['spf']),
      reasons: row.policy_evaluated.reason.map((one) => [word(one['type_']), one['comment']]),
      to: identifiers['envelope_to'],
      from: identifiers['envelope_from'],
      author: identifiers['header_from'],
      signatures: results.dkim.map((one) => {
        return [one['domain'], one['selector'], word(one['result']), one['human_result']]
      }),
      senders: results.spf.map((one) => {
        return [one['domain'], word(one['scope']), word(one['result']), one['human_result']]
      }),
    })),
  }
}

test('every TLS report is read, from mail and from file', async (t) => {
  const names = filesIn('tlsrpt', t)
  for (const name of names) {
    const report = await readOne('tlsrpt', name)
    if (report.type !== 'tls') assert.fail(`${name}: ${JSON.stringify(report)}`)
    assert.ok(report.policies.length > 0, name)
    assert.ok(report.begin !== null && report.end !== null, name)
    // The one with a policy that does not exist, and without its domain, says so.
    assert.equal(report.problems.length > 0, name === 'mail-auth-rpt03.json', name)
  }
  for (const number of names.length === 0 ? [] : ['01', '02']) {
    const fromMail = await readOne('tlsrpt', `mail-auth-rpt${number}.eml`)
    assert.deepEqual(fromMail, await readOne('tlsrpt', `mail-auth-rpt${number}.json`), number)
  }
  t.diagnostic(`${names.length} reports`)
})

test('every failure report is read', async (t) => {
  const names = filesIn('failure', t)
  for (const name of names) {
    const report = await readOne('failure', name)
    if (report.type !== 'failure') assert.fail(`${name}: ${JSON.stringify(report)}`)
    assert.ok(report.sourceIp !== null && report.reportedDomains.length === 1, name)
    assert.ok(report.original?.from !== null && report.arrivedAt !== null, name)
    assert.equal(report.source, name.includes('plain_text_only') ? 'text' : 'fields', name)
  }
  t.diagnostic(`${names.length} reports`)
})

test('feedback says what mail-auth finds in it', async (t) => {
  const names = filesIn('arf', t)
  for (const name of names) {
    const report = await readOne('arf', name)
    if (report.type !== 'failure' && report.type !== 'abuse') assert.fail(name)
    const wanted = expected('arf', name) as Json
    const bare = (value: unknown): string | null => {
      return typeof value === 'string' ? value.replace(/^<(.*)>$/, '$1') : null
    }
    const joined = (value: unknown): string => String(value).replace(/\s+/g, ' ')
    const failure = report.type === 'failure' ? report : undefined
    assert.deepEqual(
      {
        type: report.feedbackType.replace('-', ''),
        arrival: report.arrivedAt,
        results: report.authenticationResults,
        incidents: report.incidents,
        envelope: report.originalEnvelopeId,
        from: report.originalMailFrom,
        to: report.originalRcptTo[0] ?? null,
        domains: report.reportedDomains,
        uris: report.reportedUris,
        mta: report.reportingMta,
        ip: report.sourceIp,
        agent: report.userAgent,
        version: Number(report.version),
        port: report.sourcePort ?? 0,
        failure: failure?.authFailure ?? null,
        body: failure?.dkimCanonicalizedBody ?? null,
        domain: failure?.dkimDomain ?? null,
        identity: failure?.dkimIdentity ?? null,
        selector: failure?.dkimSelector ?? null,
      },
      {
        type: word(wanted['feedback_type']),
        arrival: wanted['arrival_date'],
        results: (wanted['authentication_results'] as readonly string[]).map(joined),
        incidents: wanted['incidents'],
        envelope: wanted['original_envelope_id'],
        from: bare(wanted['original_mail_from']),
        to: bare(wanted['original_rcpt_to']),
        domains: wanted['reported_domain'],
        uris: wanted['reported_uri'],
        mta: wanted['reporting_mta'],
        ip: wanted['source_ip'],
        agent: wanted['user_agent'],
        version: wanted['version'],
        port: wanted['source_port'],
        failure: word(wanted['auth_failure']),
        body: bare(wanted['dkim_canonicalized_body'])?.replace(/\s/g, '') ?? null,
        domain: wanted['dkim_domain'],
        identity: wanted['dkim_identity'],
        selector: wanted['dkim_selector'],
      },
      name,
    )
  }
  t.diagnostic(`${names.length} reports`)
})

test('reports that are cut or changed anywhere never throw', async (t) => {
  let runs = 0
  // A small generator of its own: the same changes in every run.
  let seed = 1
  const chance = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
    return seed % below
  }
  for (const kind of ['aggregate', 'tlsrpt', 'failure', 'arf']) {
    for (const name of filesIn(kind, t)) {
      const octets = new Uint8Array(readFileSync(join(folder, kind, name)))
      for (let n = 0; n < 12; n++) {
        const changed = octets.slice(0, n < 4 ? chance(octets.length) : octets.length)
        for (let m = 0; m < 8; m++) changed[chance(octets.length)] = chance(256)
        for (const { reading } of await readReports({ name, octets: changed }))
          JSON.stringify(reading)
        runs++
      }
    }
  }
  assert.ok(runs === 0 || runs >= 12 * (43 + 9 + 5 + 5))
  t.diagnostic(`${runs} runs`)
})
