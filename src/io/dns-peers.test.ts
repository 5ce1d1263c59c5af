import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { RecordType, Resolver } from '../dns/resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { systemClock } from './clock.ts'
import type { DnsEndpoint } from './stub-options.ts'
import { type DnsServer, openDnsServer } from './dns-server.ts'
import { StubResolver } from './stub-resolver.ts'

const zone: Zone = {
  'north.example': {
    A: ['192.0.2.1', '192.0.2.2'],
    AAAA: ['2001:db8::1'],
    MX: ['10 mail.north.example', '20 backup.north.example'],
    TXT: ['v=spf1 mx -all', 'x'.repeat(3000)],
    NS: ['ns.north.example'],
    TLSA: ['3 1 1 00ff'],
  },
  'ns.north.example': { A: ['127.0.0.1'] },
  'www.north.example': { CNAME: 'web.north.example' },
  'web.north.example': { CNAME: 'north.example' },
  'nowhere.north.example': { CNAME: 'gone.north.example' },
  'broken.north.example': { error: 'SERVFAIL' },
  'null.north.example': { MX: ['0 .'] },
  'a.between.north.example': { A: ['192.0.2.3'] },
}

const questions: readonly (readonly [string, RecordType])[] = [
  ['north.example', 'A'],
  ['north.example', 'AAAA'],
  ['north.example', 'MX'],
  ['north.example', 'TXT'],
  ['north.example', 'TLSA'],
  ['north.example', 'PTR'],
  ['www.north.example', 'A'],
  ['www.north.example', 'TXT'],
  ['www.north.example', 'CNAME'],
  ['www.north.example', 'PTR'],
  ['nowhere.north.example', 'A'],
  ['gone.north.example', 'A'],
  ['broken.north.example', 'A'],
  ['null.north.example', 'MX'],
]

/** Records in a fixed order: a recursive resolver may turn them round. */
async function said(resolver: Resolver, name: string, type: RecordType): Promise<unknown> {
  const answer = await resolver.resolve(name, type)
  if (answer.type === 'failed') return answer.reason
  const records =
    answer.type === 'found' ? answer.records.map((one) => JSON.stringify(one)).sort() : []
  return [answer.type, records, answer.aliases]
}

/** Whether unbound is here; when it must be, its absence is a failure. */
function hasUnbound(t: TestContext): boolean {
  const found = spawnSync('unbound', ['-V']).error === undefined
  if (found) return true
  assert.notEqual(process.env['WAYBILL_REQUIRE_PEERS'], '1', 'unbound is not installed')
  t.skip('unbound is not installed')
  return false
}

/** An unbound that asks `upstream` about everything, with letters in random case. */
async function openUnbound(t: TestContext, upstream: DnsEndpoint): Promise<DnsEndpoint> {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-unbound-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const { endpoint, close } = await openDnsServer({ port: 0, clock: systemClock }).then(
    (probe) => ({
      endpoint: probe.endpoint,
      close: () => probe.close(),
    }),
  )
  await close()
  const conf = join(folder, 'unbound.conf')
  await writeFile(
    conf,
    `server:
  interface: 127.0.0.1@${endpoint.port}
  directory: "${folder}"
  pidfile: ""
  chroot: ""
  username: ""
  do-daemonize: no
  use-syslog: no
  logfile: ""
  verbosity: 1
  num-threads: 1
  do-ip6: no
  do-not-query-localhost: no
  access-control: 127.0.0.0/8 allow
  module-config: "iterator"
  use-caps-for-id: yes
stub-zone:
  name: "example."
  stub-addr: 127.0.0.1@${upstream.port}
remote-control:
  control-enable: no
`,
  )
  const unbound = spawn('unbound', ['-d', '-c', conf], { stdio: ['ignore', 'ignore', 'pipe'] })
  t.after(() => ended(unbound))
  let log = ''
  await new Promise<void>((resolve, reject) => {
    unbound.once('error', reject)
    unbound.once('exit', () => reject(new Error(`unbound did not start: ${log}`)))
    unbound.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString()
      if (log.includes('start of service')) resolve()
    })
  })
  return endpoint
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const exit = new Promise((done) => child.once('exit', done))
  child.kill()
  await exit
}

async function setUp(t: TestContext): Promise<{ server: DnsServer; resolver: StubResolver }> {
  const server = await openDnsServer({
    port: 0,
    clock: systemClock,
    zones: { example: {}, 'north.example': zone },
  })
  t.after(() => server.close())
  const unbound = await openUnbound(t, server.endpoint)
  const resolver = new StubResolver({ servers: [unbound], clock: systemClock })
  t.after(() => resolver.close())
  return { server, resolver }
}

test('unbound between our resolver and our server changes no answer', async (t) => {
  if (!hasUnbound(t)) return
  const { resolver } = await setUp(t)
  const memory = new MemoryResolver(zone)
  for (const [name, type] of [...questions, ...questions]) {
    assert.deepEqual(
      await said(resolver, name, type),
      await said(memory, name, type),
      `${name} ${type}`,
    )
  }
})

test('unbound and our server agree that an empty name between names exists', async (t) => {
  if (!hasUnbound(t)) return
  const { resolver } = await setUp(t)
  assert.equal((await resolver.resolve('between.north.example', 'A')).type, 'noData')
})

test('unbound gives the time for which nothing holds from our SOA', async (t) => {
  if (!hasUnbound(t)) return
  const { server, resolver } = await setUp(t)
  server.setZone('north.example', zone, { negativeTtlSeconds: 17 })
  const answer = await resolver.resolve('never.north.example', 'A')
  assert.ok(answer.type === 'noName' && answer.ttlSeconds > 10 && answer.ttlSeconds <= 17)
})
