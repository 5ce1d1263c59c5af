import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { WaybillError } from '../base/error.ts'
import { signDkim } from '../dkim/dkim.ts'
import { CachingResolver } from '../dns/caching-resolver.ts'
import type { Zone } from '../dns/zone.ts'
import { isAddressLiteral } from '../address/address-literal.ts'
import { isWithin } from '../address/domain.ts'
import { issueCertificate, type KeyedCertificate, makeAuthority } from '../io/certificates.ts'
import { systemClock } from '../io/clock.ts'
import { type DnsServer, openDnsServer } from '../io/dns-server.ts'
import { hashPassword } from '../io/password.ts'
import { StubResolver } from '../io/stub-resolver.ts'
import { LabNetwork } from '../lab/network.ts'
import { labOrigins, labPassword, labZone, places, receiver, sender } from '../lab/places.ts'
import { Directory } from '../policy/directory.ts'
import { Greylist } from '../policy/greylist.ts'
import { makeHouse } from '../policy/house.ts'
import { defaultRetryPolicy } from '../queue/schedule.ts'
import { openSqliteStore } from '../store/sqlite-store.ts'
import type { DkimKeyRow, FullStore } from '../store/store.ts'
import { ensureKeys, publishedRecords, SigningKeys } from './keys.ts'
import { LabClock } from './lab-clock.ts'
import { Site } from './site.ts'
import { watchStore } from './watched-store.ts'

export interface LabPorts {
  readonly smtp: number
  readonly submission: number
  readonly submissions: number
  readonly dns: number
}

export interface LabOptions {
  /** Where both servers keep their data, each in a folder of its own. */
  readonly folder: string
  /** 0 lets the system choose. */
  readonly ports: LabPorts
  /** A port that is taken: `next` takes one of those behind it, `strict` gives up. */
  readonly taken: 'next' | 'strict'
  report(problem: unknown, where: string): void
}

/** The running lab: two mail servers, their DNS, and a clock that can be set ahead. */
export interface Lab {
  readonly ports: LabPorts
  readonly clock: LabClock
  readonly network: LabNetwork
  readonly north: LabSite
  readonly south: LabSite
  /** PEM of the lab's own certificate authority. */
  readonly authority: string
  changeZone(changes: Zone): void
  greylist(): void
  /** Called after each commit of either server, until the returned function is called. */
  onChange(listener: () => void): () => void
  sign(by: 'north' | 'lists', message: string): string
  close(): Promise<void>
}

export interface LabSite {
  readonly site: Site
  readonly store: FullStore
}

/**
 * Opens the lab.
 *
 * @throws WaybillError `port-taken`, `data-in-use` and what the store says
 */
export async function openLab(options: LabOptions): Promise<Lab> {
  const clock = new LabClock(systemClock)
  const listeners = new Set<() => void>()
  const changed = (): void => {
    for (const listener of listeners) listener()
  }
  const stores = await openStores(options.folder, changed)
  try {
    return await openWithStores(options, { clock, listeners, stores })
  } catch (problem) {
    await Promise.all([stores.north.close(), stores.south.close()])
    throw problem
  }
}

interface Stores {
  readonly north: FullStore
  readonly south: FullStore
}

async function openStores(folder: string, changed: () => void): Promise<Stores> {
  mkdirSync(folder, { recursive: true })
  const north = await openSqliteStore({ folder: join(folder, 'north') })
  try {
    const south = await openSqliteStore({ folder: join(folder, 'south') })
    return { north: watchStore(north, changed), south: watchStore(south, changed) }
  } catch (problem) {
    await north.close()
    throw problem
  }
}

async function openWithStores(
  options: LabOptions,
  parts: {
    readonly clock: LabClock
    readonly listeners: Set<() => void>
    readonly stores: Stores
  },
): Promise<Lab> {
  const { clock, listeners, stores } = parts
  const now = clock.now()
  const northKeys = await ensureKeys(stores.north, [places.north.domain], { selector: 'lab1', now })
  const listKeys = await ensureKeys(stores.south, [places.lists.domain], {
    selector: 'lists1',
    now,
  })
  let zone = labZone(publishedRecords([...northKeys, ...listKeys]))
  const dns = await near(options, options.ports.dns, (port) => {
    return openDnsServer({ port, clock, zones: { '': zone } })
  })
  const opened: Opened = { dns, sites: [] }
  try {
    const network = new LabNetwork()
    const certificates = await makeCertificates(clock.now())
    const passwordHash = await hashPassword(labPassword)
    const common = { options, clock, dns, network, certificates, passwordHash }
    let greylist: Greylist | undefined
    const north = openNorth(common, stores.north, northKeys)
    const south = openSouth(common, stores.south, () => greylist)
    opened.sites.push(north, south)
    const ports = await openPorts({ options, north, south, network, dns })
    await north.start()
    await south.start()
    return {
      ports,
      clock,
      network,
      north: { site: north, store: stores.north },
      south: { site: south, store: stores.south },
      authority: certificates.authority,
      changeZone(changes) {
        zone = { ...zone, ...changes }
        dns.setZone('', zone)
      },
      greylist() {
        greylist = new Greylist({ delayMs: 60_000 })
      },
      onChange(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      sign(by, message) {
        const keys = new SigningKeys(by === 'north' ? northKeys : listKeys)
        const octets = Buffer.from(message, 'utf8')
        const signing = { keys: keys.for(places[by].domain), now: Math.floor(clock.now() / 1000) }
        return signDkim(octets, signing).join('') + message
      },
      async close() {
        await Promise.all([north.close(), south.close()])
        await dns.close()
      },
    }
  } catch (problem) {
    await Promise.all(opened.sites.map((site) => site.close(0)))
    await dns.close()
    throw problem
  }
}

interface Opened {
  readonly dns: DnsServer
  readonly sites: Site[]
}

interface Common {
  readonly options: LabOptions
  readonly clock: Clock
  readonly dns: DnsServer
  readonly network: LabNetwork
  readonly certificates: LabCertificates
  readonly passwordHash: string
}

interface LabCertificates {
  readonly authority: string
  readonly north: KeyedCertificate
  readonly south: KeyedCertificate
}

async function makeCertificates(now: number): Promise<LabCertificates> {
  const day = 86_400_000
  const validity = { notBefore: new Date(now - day), notAfter: new Date(now + 3650 * day) }
  const authority = await makeAuthority("The lab's own CA", validity)
  const [north, south] = await Promise.all([
    issueCertificate(authority, [places.north.host, 'localhost'], validity),
    issueCertificate(authority, [places.south.host, 'localhost'], validity),
  ])
  return { authority: authority.certificate, north, south }
}

function openNorth(common: Common, store: FullStore, keys: readonly DkimKeyRow[]): Site {
  const domains = [places.north.domain, `news.${places.north.domain}`]
  const directory = new Directory(domains, [
    {
      address: sender,
      aliases: [`news@news.${places.north.domain}`, `dmarc@${places.north.domain}`],
      passwordHash: common.passwordHash,
    },
  ])
  const signing = new SigningKeys(keys)
  return makeSite(common, store, {
    place: 'north',
    directory,
    trusted: { mailingLists: [] },
    greylist: () => undefined,
    signingKeys: (domain) => signing.for(domain),
  })
}

function openSouth(common: Common, store: FullStore, greylist: () => Greylist | undefined): Site {
  const { domain } = places.south
  const domains = [domain, `no-mx.${domain}`, `backup.${domain}`]
  const aliases = domains.slice(1).map((one) => `receiver@${one}`)
  const directory = new Directory(domains, [
    { address: receiver, aliases, passwordHash: common.passwordHash },
  ])
  return makeSite(common, store, {
    place: 'south',
    directory,
    // South's people are on this list, and south's operator knows it.
    trusted: { mailingLists: [places.lists.domain] },
    greylist,
    signingKeys: () => [],
  })
}

function makeSite(
  common: Common,
  store: FullStore,
  plan: {
    readonly place: 'north' | 'south'
    readonly directory: Directory
    readonly trusted: { readonly mailingLists: readonly string[] }
    readonly greylist: () => Greylist | undefined
    readonly signingKeys: SigningKeys['for']
  },
): Site {
  const { clock, dns, network, certificates, options } = common
  const { host, ip } = places[plan.place]
  const stub = new StubResolver({ servers: [dns.endpoint], clock })
  const limits = { receivedFields: 100, queueMs: defaultRetryPolicy.expireAfterMs }
  const house = makeHouse({
    hostname: host,
    mode: 'lab',
    directory: plan.directory,
    rules: {
      trustedForwarders: [],
      mailingLists: plan.trusted.mailingLists,
      allow: [],
      onTemperror: 'deliver',
    },
    limits,
    greylist: { mustWait: (input) => plan.greylist()?.mustWait(input) ?? false },
    reachable: (domain) => {
      return !isAddressLiteral(domain) && labOrigins.some((origin) => isWithin(domain, origin))
    },
    signingKeys: plan.signingKeys,
    now: () => clock.now(),
  })
  return new Site({
    house,
    store,
    // The lab's records change under way, so nothing is kept longer than it takes.
    resolver: new CachingResolver(stub, { now: () => clock.monotonicMs(), maxTtlSeconds: 1 }),
    dialer: network.dialerFrom(ip),
    clock,
    certificate: certificates[plan.place],
    trustAnchors: [certificates.authority],
    self: { selfNames: [host], selfAddresses: [ip], loopbackIsSelf: false },
    retry: defaultRetryPolicy,
    limits: {
      messageBytes: 50 * 1024 * 1024,
      recipients: 1000,
      connections: 200,
      errors: 20,
      outgoing: 20,
    },
    localAccount: (address) => {
      return plan.directory.findAddress(address)?.address
    },
    report: options.report,
  })
}

/** How many ports behind the one that is taken are tried. */
const triesBehind = 20

/** Opens at a port, or at the next free one behind it. */
async function near<T>(
  options: LabOptions,
  port: number,
  open: (port: number) => Promise<T>,
): Promise<T> {
  for (let at = port; ; at++) {
    try {
      return await open(at)
    } catch (problem) {
      const taken = problem instanceof WaybillError && problem.code === 'port-taken'
      const last = port === 0 || options.taken === 'strict' || at >= port + triesBehind
      if (!taken || last) throw problem
    }
  }
}

/** Opens the ports for people, and one for each pair of servers that talk to each other. */
async function openPorts(input: {
  readonly options: LabOptions
  readonly north: Site
  readonly south: Site
  readonly network: LabNetwork
  readonly dns: DnsServer
}): Promise<LabPorts> {
  const { options, north, south, network, dns } = input
  const address = '127.0.0.1'
  const { ports } = options
  const smtp = await near(options, ports.smtp, (port) => {
    return south.listen({ ...{ kind: 'smtp', address, port }, clientIp: places.stranger.ip })
  })
  const submission = await near(options, ports.submission, (port) => {
    return north.listen({ kind: 'submission', address, port })
  })
  const submissions = await near(options, ports.submissions, (port) => {
    return north.listen({ kind: 'submissions', address, port })
  })
  for (const from of ['north', 'forwarder', 'lists', 'stranger'] as const) {
    const { ip } = places[from]
    const inner = await south.listen({ kind: 'smtp', address, port: 0, clientIp: ip })
    network.connect(ip, places.south.ip, inner.port)
  }
  const back = await north.listen({
    ...{ kind: 'smtp', address, port: 0 },
    clientIp: places.south.ip,
  })
  network.connect(places.south.ip, places.north.ip, back.port)
  return {
    smtp: smtp.port,
    submission: submission.port,
    submissions: submissions.port,
    dns: dns.endpoint.port,
  }
}
