import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import { testApi, type TestAsk } from '../test-support/test-api.ts'
import { testManagement } from '../test-support/test-management.ts'

const day = 86_400
const first = 1_795_305_600

function dmarc(at: number, failing: number, domain = 'south.example'): string {
  const row = (ip: string, count: number, word: string): string =>
    `<record><row><source_ip>${ip}</source_ip><count>${count}</count><policy_evaluated>` +
    `<disposition>none</disposition><dkim>${word}</dkim><spf>${word}</spf></policy_evaluated></row>` +
    `<identifiers><header_from>${domain}</header_from></identifiers><auth_results></auth_results></record>`
  return (
    `<feedback><report_metadata><org_name>Mail Co</org_name><email>d@mail.example</email>` +
    `<report_id>${at}-${domain}</report_id><date_range><begin>${at}</begin><end>${at + day - 1}</end>` +
    `</date_range></report_metadata><policy_published><domain>${domain}</domain><p>none</p></policy_published>` +
    `${row('192.0.2.1', 10, 'pass')}${failing === 0 ? '' : row('198.51.100.7', failing, 'fail')}</feedback>`
  )
}

const tls = JSON.stringify({
  'organization-name': 'Mail Co',
  'date-range': {
    'start-datetime': '2026-11-22T00:00:00Z',
    'end-datetime': '2026-11-22T23:59:59Z',
  },
  'report-id': 't1',
  policies: [
    {
      policy: { 'policy-type': 'sts', 'policy-domain': 'south.example' },
      summary: { 'total-successful-session-count': 8, 'total-failure-session-count': 2 },
      'failure-details': [{ 'result-type': 'certificate-expired', 'failed-session-count': 2 }],
    },
  ],
})

function open(t: TestContext) {
  const store = openMemoryStore()
  const management = testManagement(t, store)
  const { ask } = testApi({ mode: 'live', management })
  const send = async (path: string, octets: string | Uint8Array<ArrayBuffer>) => {
    const answer = await ask(path, {
      method: 'POST',
      octets,
      headers: { 'content-type': 'application/octet-stream' },
    })
    return answer
  }
  return { ask, store, send }
}

async function listOf(ask: TestAsk, path: string): Promise<Readonly<Record<string, unknown>>> {
  const { status, json } = await ask(path)
  assert.equal(status, 200, JSON.stringify(json))
  return json
}

test('reports come in as files, and are told day by day, with sources and advice', async (t) => {
  const { ask, store, send } = open(t)
  const sent = await send('/v1/reports/dmarc?name=a.xml&reason=asked', dmarc(first, 3))
  assert.equal(sent.status, 200)
  const [imported] = sent.json['data'] as readonly { readonly id: string }[]
  const { id = '' } = imported ?? {}
  assert.deepEqual(
    { ...sent.json, data: undefined },
    { data: undefined, imported: 1, known: 0, unreadable: 0 },
  )
  const again = await send('/v1/reports/dmarc', gzipSync(dmarc(first, 3)))
  assert.equal(again.json['known'], 1)
  await send('/v1/reports/dmarc', dmarc(first + day, 0))
  const { data, ...rest } = await listOf(ask, '/v1/reports/dmarc')
  assert.deepEqual(
    (data as readonly { readonly begin: string }[]).map(({ begin }) => begin.slice(0, 10)),
    ['2026-11-23', '2026-11-22'],
  )
  assert.deepEqual(rest, {
    has_more: false,
    next: null,
    domains: ['south.example'],
    totals: { reports: 2, total: 23, failed: 3 },
    days: [
      { day: '2026-11-22', passed: 10, failed: 3 },
      { day: '2026-11-23', passed: 10, failed: 0 },
    ],
    sources: [source('198.51.100.7', 3, 0), source('192.0.2.1', 20, 20)],
    more_sources: 0,
    advice: [
      '198.51.100.7 sent 3 messages that failed. Nothing of it authenticates: unless it is yours, somebody uses your name.',
    ],
    unread: 0,
  })
  const one = await listOf(ask, `/v1/reports/dmarc/${id.slice(0, 6)}`)
  assert.equal(one['id'], id)
  assert.equal((one['report'] as { readonly orgName: string }).orgName, 'Mail Co')
  assert.deepEqual(one['sources'], [source('198.51.100.7', 3, 0), source('192.0.2.1', 10, 10)])
  assert.equal((await ask(`/v1/reports/tls/${id}`)).status, 404)
  const acts = await store.acts.list({ limit: 10 })
  assert.deepEqual(
    acts.map(({ what, door, why, detail }) => [what, door, why, detail['file']]),
    [
      ['report import', 'http', '', ''],
      ['report import', 'http', 'asked', 'a.xml'],
    ],
  )
})

function source(source_ip: string, messages: number, passed: number) {
  const aligned = { dkim_aligned: passed, spf_aligned: passed }
  return { source_ip, messages, passed, ...aligned, quarantined: 0, rejected: 0 }
}

test('reports are chosen by domain and time, and come in pages', async (t) => {
  const { ask, send } = open(t)
  for (const [at, domain] of [
    [first, 'south.example'],
    [first + day, 'other.example'],
    [first + 2 * day, 'south.example'],
  ] as const) {
    await send('/v1/reports/dmarc', dmarc(at, 1, domain))
  }
  const south = await listOf(ask, '/v1/reports/dmarc?domain=South.example')
  assert.deepEqual(south['totals'], { reports: 2, total: 22, failed: 2 })
  assert.deepEqual(south['domains'], ['other.example', 'south.example'])
  const late = await listOf(ask, '/v1/reports/dmarc?since=2026-11-23&until=2026-11-23T12:00:00Z')
  assert.deepEqual(late['totals'], { reports: 1, total: 11, failed: 1 })
  const page = await listOf(ask, '/v1/reports/dmarc?limit=2')
  assert.equal(page['has_more'], true)
  const next = await listOf(ask, `/v1/reports/dmarc?limit=2&after=${String(page['next'])}`)
  assert.equal((next['data'] as readonly unknown[]).length, 1)
  assert.equal(next['has_more'], false)
  assert.equal((await ask('/v1/reports/dmarc?after=nonsense')).status, 400)
  assert.equal((await ask('/v1/reports/dmarc?since=yesterday')).status, 400)
  const { dmarc: summary } = await listOf(ask, '/v1/reports/other.example/summary')
  assert.equal((summary as { readonly total: number }).total, 11)
  const advice = (await listOf(ask, '/v1/reports/dmarc'))['advice'] as readonly string[]
  assert.match(advice.join('\n'), /^other\.example: 198\.51\.100\.7 sent 1 message/m)
})

test('a TLS report is read whatever path it is sent to, and told where it belongs', async (t) => {
  const { ask, send } = open(t)
  const sent = await send('/v1/reports/dmarc', tls)
  const [one] = sent.json['data'] as readonly { readonly kind: string }[]
  assert.equal(one?.kind, 'tls')
  assert.deepEqual((await listOf(ask, '/v1/reports/dmarc'))['data'], [])
  const told = await listOf(ask, '/v1/reports/tls')
  assert.deepEqual(told['totals'], { reports: 1, total: 10, failed: 2 })
  assert.deepEqual(told['sources'], [])
  assert.match(String(told['advice']), /^2 sessions failed: the certificate has expired/)
})

test('what is no report, or would unpack without end, is refused with the reason and kept nowhere', async (t) => {
  const { ask, store, send } = open(t)
  for (const [octets, detail] of [
    ['Dear all,\n', /no report|neither XML nor JSON/],
    ['', /is empty/],
    [gzipSync(new Uint8Array(64 << 20), { level: 9 }), /unpack to more than/],
  ] as const) {
    const { status, json } = await send('/v1/reports/dmarc?name=x', octets)
    assert.equal(status, 422, JSON.stringify(json))
    assert.match(String(json['detail']), detail)
    assert.match(String(json['hint']), /XML, JSON, gzip, zip/)
  }
  assert.deepEqual((await listOf(ask, '/v1/reports/dmarc'))['data'], [])
  assert.deepEqual(await store.acts.list({ limit: 10 }), [])
})
