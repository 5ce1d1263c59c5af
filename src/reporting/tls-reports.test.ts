import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { ManualClock } from '../base/clock.ts'
import type { LogLine } from '../base/log.ts'
import { directoryOf } from '../directory/test-support/directory.ts'
import { formatDkimRecord, generateDkimKey, verifyDkim } from '../dkim/dkim.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { readReports } from '../io/report-reader.ts'
import { testPost } from '../post/test-support/post.ts'
import type { TlsFact } from '../report/tls-fact.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { RegisterEntry } from '../store/ports/register.ts'
import type { PostReport, TlsReportOutcome } from './send-tls.ts'
import { type LedgerLimits, StoredTlsLedger } from './tls-ledger.ts'
import { TlsReports } from './tls-reports.ts'

const hour = 3_600_000
const day = 24 * hour
const key = generateDkimKey('ed25519')
const keys = [{ domain: 'north.example', selector: 'wb1', privateKey: key.privateKey }]
const signer = {
  'wb1._domainkey.north.example': {
    TXT: [formatDkimRecord({ type: 'ed25519', publicKey: key.publicKey })],
  },
}
const wants = (rua: string): { readonly TXT: readonly string[] } => {
  return { TXT: [`v=TLSRPTv1; rua=${rua}`] }
}

class House {
  readonly clock = new ManualClock(Date.UTC(2026, 10, 27, 10))
  readonly store = openMemoryStore()
  readonly lines: LogLine[] = []
  readonly reported: string[] = []
  readonly posted: Parameters<PostReport>[0][] = []
  zone: Record<string, Zone[string]> = {
    '_smtp._tls.south.example': wants('mailto:tls@south.example'),
  }
  status = 200
  runs = 0
  ledger = this.newLedger()

  newLedger(limits?: LedgerLimits): StoredTlsLedger {
    return new StoredTlsLedger({
      register: this.store.register,
      clock: this.clock,
      run: `run${this.runs++}`,
      report: (problem, where) => this.reported.push(`${where}: ${String(problem)}`),
      ...(limits === undefined ? {} : { limits }),
    })
  }

  reports(): TlsReports {
    const { clock, store } = this
    return new TlsReports({
      register: store.register,
      mail: testPost(
        directoryOf([], () => keys),
        {
          clock,
          ids: `r${this.runs++}`,
          accept: (acceptance) => store.post.accept(acceptance),
        },
      ),
      resolver: new MemoryResolver(this.zone),
      post: async (request) => {
        this.posted.push(request)
        return { status: this.status, text: 'Nobody answers.' }
      },
      from: 'postmaster@north.example',
      clock,
      random: () => 0.5,
      written: () => this.ledger.write(),
      log: (line) => this.lines.push(line),
      report: (problem, where) => this.reported.push(`${where}: ${String(problem)}`),
    })
  }

  note(domain = 'south.example', result: TlsFact['result'] = { type: 'success' }): void {
    const policy = { type: 'no-policy-found', domain, strings: [], mxHosts: [] } as const
    this.ledger.note({ policy, mxHost: `mx.${domain}`, ip: '192.0.2.1', result })
  }

  /** What was counted and not reported. */
  async left(): Promise<readonly RegisterEntry[]> {
    return this.store.register.list({ kind: 'tls-result', now: this.clock.now(), limit: 999 })
  }

  async octets(id: string): Promise<Buffer> {
    const chunks: Uint8Array[] = []
    for await (const chunk of (await this.store.messages.open(id))?.chunks() ?? [])
      chunks.push(chunk)
    return Buffer.concat(chunks)
  }
}

const became = (outcomes: readonly TlsReportOutcome[]): readonly string[] =>
  outcomes.map(({ domain, result }) => `${domain} ${result}`).toSorted()

test('what was counted on a day is reported the next day, signed, once', async () => {
  const house = new House()
  house.note()
  house.note()
  house.note('SOUTH.example.', { type: 'failure', resultType: 'certificate-expired' })
  house.note('silent.example')
  await house.ledger.stop()
  house.ledger = house.newLedger()
  house.note()
  assert.deepEqual(became(await house.reports().send()), [], 'the day is not over')
  house.clock.advance(day)
  house.note()
  const outcomes = await house.reports().send()
  assert.deepEqual(became(outcomes), ['silent.example not-wanted', 'south.example sent'])
  assert.deepEqual(
    (await house.left()).map(({ key: name }) => name),
    ['2026-11-28 south.example run1'],
    'what is of today stays',
  )

  const [item, ...others] = await house.store.queue.list({ limit: 9 })
  assert.deepEqual(others, [])
  assert.equal(item?.recipient, 'tls@south.example')
  assert.equal(item?.reversePath, 'postmaster@north.example')
  const message = await house.octets(item?.messageId ?? '')
  const now = Math.floor(house.clock.now() / 1000)
  const [signature] = await verifyDkim(message, { resolver: new MemoryResolver(signer), now })
  assert.equal(signature?.result, 'pass')
  assert.match(message.toString(), /h=[^;]*tls-report-domain[^;]*tls-report-submitter/is)
  const found = await readReports({ name: '', octets: new Uint8Array(message) })
  assert.deepEqual(
    found.map(({ reading }) => reading.type),
    ['tls'],
  )
  const [first] = found
  assert.ok(first?.reading.type === 'tls')
  assert.deepEqual(first.reading.problems, [])
  const [policy] = first.reading.policies
  assert.deepEqual([policy?.successfulSessions, policy?.failedSessions], [3, 1])
  assert.equal(policy?.failures[0]?.resultType, 'certificate-expired')
  assert.deepEqual(house.lines, [
    {
      level: 'info',
      event: 'report',
      fields: { kind: 'tls', day: '2026-11-27', sent: 1, nowhere: 0, later: 0 },
    },
  ])
  assert.deepEqual(became(await house.reports().send()), [], 'not twice')
  assert.equal((await house.store.queue.list({ limit: 9 })).length, 1)
})

test('a report goes by HTTPS, packed, and to all places of the record', async () => {
  const house = new House()
  const rua = 'https://tls.south.example/v1,mailto:tls@south.example,mailto:tls@south.example'
  house.zone = { '_smtp._tls.south.example': wants(rua) }
  house.note()
  house.clock.advance(day)
  const [outcome] = await house.reports().send()
  assert.deepEqual(outcome?.to, ['https://tls.south.example/v1', 'tls@south.example'])
  const [posted] = house.posted
  assert.equal(posted?.headers['content-type'], 'application/tlsrpt+gzip')
  const json = JSON.parse(gunzipSync(posted?.body ?? '').toString())
  assert.equal(json.policies[0].policy['policy-domain'], 'south.example')
  assert.equal((await house.store.queue.list({ limit: 9 })).length, 1)
  assert.deepEqual(await house.left(), [])
})

test('what cannot be sent is tried again, until it is a day old', async () => {
  const house = new House()
  house.zone = {
    '_smtp._tls.post.example': wants('https://tls.post.example/'),
    '_smtp._tls.dark.example': { error: 'SERVFAIL' },
    '_smtp._tls.odd.example': wants('mailto:j%C3%BCrgen@odd.example'),
  }
  for (const name of ['post.example', 'dark.example', 'odd.example']) house.note(name)
  house.status = 0
  house.clock.advance(14 * hour)
  const reports = house.reports()
  assert.deepEqual([reports.last], [undefined])
  const first = await reports.send()
  assert.deepEqual(reports.last, { at: house.clock.now(), sent: 0, nowhere: 1, later: 2 })
  assert.deepEqual(became(first), [
    'dark.example later',
    'odd.example given-up',
    'post.example later',
  ])
  assert.deepEqual(first.flatMap(({ refused }) => refused).toSorted(), [
    'DNS could not be asked for _smtp._tls.dark.example (servfail).',
    'Nobody answers.',
  ])
  assert.equal((await house.left()).length, 2)
  house.status = 503
  house.clock.advance(day - 1)
  assert.deepEqual(became(await house.reports().send()), [
    'dark.example later',
    'post.example later',
  ])
  house.clock.advance(1)
  const last = await reports.send()
  assert.deepEqual(became(last), ['dark.example given-up', 'post.example given-up'])
  const told = { at: house.clock.now(), sent: 0, nowhere: 2, later: 0 }
  assert.deepEqual(reports.last, told)
  house.clock.advance(hour)
  assert.deepEqual(await reports.send(), [])
  assert.deepEqual(reports.last, told, 'there was nothing to send')
  assert.deepEqual(await house.left(), [])
})

test('a host that takes none is called once in a run, and no place gets hundreds', async () => {
  const house = new House()
  const names = Array.from({ length: 150 }, (_, n) => `d${n}.example`)
  house.zone = {}
  for (const name of names) {
    house.zone[`_smtp._tls.${name}`] = wants('https://victim.example/,mailto:ann@victim.example')
    house.note(name)
  }
  house.status = 404
  house.clock.advance(day)
  const outcomes = await house.reports().send()
  assert.equal(outcomes.length, 150)
  assert.ok(house.posted.length <= 8, `${house.posted.length} calls`)
  assert.equal((await house.store.queue.list({ limit: 999 })).length, 100)
  assert.equal((await house.left()).length, 50)
})

test('a domain has one report of all runs of the server, across the pages of the register', async () => {
  const house = new House()
  house.zone = {}
  for (let run = 0; run < 5; run++) {
    for (let n = 0; n < 60; n++) {
      house.zone[`_smtp._tls.d${n}.example`] = wants(`mailto:tls@d${n}.example`)
      house.note(`d${n}.example`)
    }
    await house.ledger.stop()
    house.ledger = house.newLedger()
  }
  house.clock.advance(day)
  assert.equal((await house.reports().send()).length, 60)
  const items = await house.store.queue.list({ limit: 999 })
  assert.equal(items.length, 60)
  const message = await house.octets(items[0]?.messageId ?? '')
  assert.match(message.toString(), /Sessions with TLS as it should be: 5; failed: 0\./)
})

test('a flood of destinations is counted for so many and no more', async () => {
  const house = new House()
  house.ledger = house.newLedger({ domains: 100, writeMs: hour })
  for (let n = 0; n < 1000; n++) house.note(`d${n}.example`)
  house.note('d0.example')
  await house.ledger.write()
  assert.equal((await house.left()).length, 100)
  const [count] = house.ledger.lines.slice(2)
  const labels = 'policy="no-policy-found",result="success"'
  assert.equal(count, `waybill_tls_sessions_total{${labels}} 1001`, 'and for the metrics all are')
})

test('counts are written every few minutes, and those of a day that is over with its date', async () => {
  const house = new House()
  house.ledger.start()
  house.note()
  assert.equal((await house.left()).length, 0)
  house.clock.advance(300_000)
  await new Promise<void>((go) => setImmediate(go))
  assert.equal((await house.left()).length, 1)
  house.clock.advance(14 * hour)
  house.note()
  await house.ledger.stop()
  assert.deepEqual(
    (await house.left()).map(({ key: name }) => name),
    ['2026-11-27 south.example run0', '2026-11-28 south.example run0'],
  )
  assert.equal(house.clock.pending, 0)
})

test('a register that cannot be written is told, and the counts are written with the next', async () => {
  const house = new House()
  const { register } = house.store
  let broken = true
  house.ledger = new StoredTlsLedger({
    register: {
      put: async (entries) => (broken ? Promise.reject(new Error('full')) : register.put(entries)),
    },
    clock: house.clock,
    run: 'run',
    report: (problem, where) => house.reported.push(`${where}: ${String(problem)}`),
  })
  house.note()
  await house.ledger.write()
  assert.deepEqual(house.reported, ['TLS reports: writing counts down: Error: full'])
  broken = false
  await house.ledger.write()
  assert.equal((await house.left()).length, 1)
})

test('reports leave in the first hours of the day, and each hour while some are left', async () => {
  const house = new House()
  house.zone = { '_smtp._tls.south.example': { error: 'TIMEOUT' } }
  house.note()
  const reports = house.reports()
  reports.start()
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await new Promise<void>((go) => setImmediate(go))
  }
  assert.equal(house.clock.nextDueMs, hour / 2)
  house.clock.advance(hour / 2)
  await settled()
  assert.equal(house.clock.nextDueMs, 13.5 * hour + 2 * hour, 'nothing is due today')
  house.clock.advance(15.5 * hour)
  await settled()
  assert.equal(house.clock.nextDueMs, hour, 'one is left')
  await reports.stop()
  assert.equal(house.clock.pending, 0)
})
