import assert from 'node:assert/strict'
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { systemClock } from '../../src/io/clock.ts'
import { StubResolver } from '../../src/io/stub-resolver.ts'
import { freePort, ownAddress } from './loopback.ts'
import { run, Running, shortFolder } from './processes.ts'
import { until } from './until.ts'

/** What this needs to be installed. */
export const signedZonePrograms: readonly string[] = [
  'nsd',
  'unbound',
  'ldns-keygen',
  'ldns-signzone',
]

export interface SignedZone {
  readonly origin: string
  /** The lines of its file, but for SOA and NS. */
  readonly lines: readonly string[]
  /** Unsigned, and so nobody's proof. */
  readonly plain?: boolean
  /** Changes the signed file, for a zone that is no longer as it was signed. */
  readonly spoil?: (text: string) => string
}

/** A resolver on loopback that knows these zones and proves what is signed in them. */
export async function openValidator(
  t: TestContext,
  zones: readonly SignedZone[],
): Promise<{ readonly address: string; readonly port: number }> {
  const folder = await shortFolder(t)
  await chmod(folder, 0o777)
  const [nsd, resolver] = [ownAddress(), ownAddress()]
  const ports = { nsd: await freePort(nsd), resolver: await freePort(resolver) }
  const anchors: string[] = []
  for (const zone of zones) anchors.push(...(await writeZone(folder, zone)))
  await writeFile(join(folder, 'nsd.conf'), nsdConf(folder, { ip: nsd, port: ports.nsd }, zones))
  const place = { ip: resolver, port: ports.resolver }
  const upstream = { ip: nsd, port: ports.nsd }
  await writeFile(
    join(folder, 'unbound.conf'),
    unboundConf(folder, { place, upstream, zones, anchors }),
  )
  new Running(t, 'nsd', ['-d', '-c', join(folder, 'nsd.conf')])
  new Running(t, 'unbound', ['-d', '-c', join(folder, 'unbound.conf')])
  const endpoint = { address: resolver, port: ports.resolver }
  const stub = new StubResolver({ servers: [endpoint], clock: systemClock, timeoutMs: 500 })
  const [first] = zones
  assert.ok(first !== undefined)
  await until('the zones are answered', async () => {
    const answer = await stub.resolve(first.origin, 'SOA')
    return answer.type === 'found' ? true : undefined
  })
  stub.close()
  return endpoint
}

/** Writes the file of a zone, signed; gives the key that it hangs from. */
async function writeZone(
  folder: string,
  { origin, lines, plain = false, spoil }: SignedZone,
): Promise<readonly string[]> {
  const file = join(folder, `${origin}.zone`)
  const head = [
    `$ORIGIN ${origin}.`,
    '$TTL 300',
    `@ SOA ns.${origin}. hostmaster.${origin}. 1 3600 600 86400 300`,
    `@ NS ns.${origin}.`,
    'ns A 127.0.0.1',
  ]
  await writeFile(file, `${[...head, ...lines].join('\n')}\n`)
  if (plain) return []
  const made = await run('ldns-keygen', ['-a', 'ECDSAP256SHA256', '-k', origin], { cwd: folder })
  assert.equal(made.code, 0, made.stderr)
  const key = made.stdout.trim()
  const signed = await run('ldns-signzone', ['-f', file, file, key], { cwd: folder })
  assert.equal(signed.code, 0, signed.stderr)
  if (spoil !== undefined) await writeFile(file, spoil(await readFile(file, 'utf8')))
  assert.ok((await readdir(folder)).includes(`${key}.key`))
  return [join(folder, `${key}.key`)]
}

interface Place {
  readonly ip: string
  readonly port: number
}

function nsdConf(folder: string, { ip, port }: Place, zones: readonly SignedZone[]): string {
  const named = zones.map(({ origin }) => {
    return `zone:\n  name: "${origin}"\n  zonefile: "${join(folder, `${origin}.zone`)}"\n`
  })
  return `server:
  ip-address: ${ip}@${port}
  zonesdir: "${folder}"
  database: ""
  pidfile: "${join(folder, 'nsd.pid')}"
  xfrdfile: "${join(folder, 'xfrd.state')}"
  xfrdir: "${folder}"
  zonelistfile: "${join(folder, 'zone.list')}"
  username: ""
  chroot: ""
  server-count: 1
  do-ip6: no
remote-control:
  control-enable: no
${named.join('')}`
}

function unboundConf(
  folder: string,
  {
    place,
    upstream,
    zones,
    anchors,
  }: {
    readonly place: Place
    readonly upstream: Place
    readonly zones: readonly SignedZone[]
    readonly anchors: readonly string[]
  },
): string {
  const stubs = zones.map(({ origin }) => {
    return `stub-zone:\n  name: "${origin}"\n  stub-addr: ${upstream.ip}@${upstream.port}\n`
  })
  return `server:
  interface: ${place.ip}@${place.port}
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
  module-config: "validator iterator"
${anchors.map((file) => `  trust-anchor-file: "${file}"\n`).join('')}${stubs.join('')}remote-control:
  control-enable: no
`
}
