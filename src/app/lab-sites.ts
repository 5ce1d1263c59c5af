import { isAddressLiteral } from '../address/address-literal.ts'
import { isWithin } from '../address/domain.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { CachingResolver } from '../dns/caching-resolver.ts'
import { issueCertificate, type KeyedCertificate, makeAuthority } from '../io/certificates.ts'
import type { DnsServer } from '../io/dns-server.ts'
import { StubResolver } from '../io/stub-resolver.ts'
import type { LabNetwork } from '../lab/network.ts'
import { labOrigins, places, receiver, sender } from '../lab/places.ts'
import { Directory } from '../policy/directory.ts'
import type { Greylist } from '../policy/greylist.ts'
import { makeHouse } from '../policy/house.ts'
import { defaultRetryPolicy } from '../queue/schedule.ts'
import type { DkimKeyRow, FullStore } from '../store/store.ts'
import { SigningKeys } from './keys.ts'
import { Site } from './site.ts'

/** What both servers of the lab have in common. */
export interface LabCommon {
  readonly log: Log
  report(problem: unknown, where: string): void
  readonly clock: Clock
  readonly dns: DnsServer
  readonly network: LabNetwork
  readonly certificates: LabCertificates
  readonly passwordHash: string
}

/** The lab's own authority, and what it issued. */
export interface LabCertificates {
  readonly authority: string
  readonly north: KeyedCertificate
  readonly south: KeyedCertificate
}

/** What programs on this computer call it. */
const here = ['localhost', '127.0.0.1'] as const

/** Makes an authority and the certificates of both servers, good for ten years. */
export async function makeCertificates(now: number): Promise<LabCertificates> {
  const day = 86_400_000
  const validity = { notBefore: new Date(now - day), notAfter: new Date(now + 3650 * day) }
  const authority = await makeAuthority("The lab's own CA", validity)
  const [north, south] = await Promise.all([
    issueCertificate(authority, [places.north.host, ...here], validity),
    issueCertificate(authority, [places.south.host, ...here], validity),
  ])
  return { authority: authority.certificate, north, south }
}

/** The sending side: its user, its keys, its queue. */
export function openNorth(common: LabCommon, store: FullStore, keys: readonly DkimKeyRow[]): Site {
  const domains = [places.north.domain, `news.${places.north.domain}`]
  const aliases = [`news@news.${places.north.domain}`, `dmarc@${places.north.domain}`]
  const { passwordHash } = common
  const directory = new Directory({
    domains,
    accounts: [{ address: sender, aliases, passwordHash }],
  })
  const signing = new SigningKeys(keys)
  return makeSite(common, store, {
    place: 'north',
    directory,
    trusted: { mailingLists: [] },
    greylist: () => undefined,
    signingKeys: (domain) => signing.for(domain),
  })
}

/** The receiving side: its user, and the one list that it knows. */
export function openSouth(
  common: LabCommon,
  store: FullStore,
  greylist: () => Greylist | undefined,
): Site {
  const { domain } = places.south
  const domains = [domain, `no-mx.${domain}`, `backup.${domain}`]
  const aliases = domains.slice(1).map((one) => `receiver@${one}`)
  const directory = new Directory({
    domains,
    accounts: [{ address: receiver, aliases, passwordHash: common.passwordHash }],
  })
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
  common: LabCommon,
  store: FullStore,
  plan: {
    readonly place: 'north' | 'south'
    readonly directory: Directory
    readonly trusted: { readonly mailingLists: readonly string[] }
    readonly greylist: () => Greylist | undefined
    readonly signingKeys: SigningKeys['for']
  },
): Site {
  const { clock, dns, network, certificates } = common
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
      ownDomains: [places[plan.place].domain],
      onOwnDomain: 'junk',
      onMissingDomain: 'deliver',
      onSpfFail: 'deliver',
    },
    limits,
    greylist: { mustWait: (input) => plan.greylist()?.mustWait(input) ?? false },
    people: plan.place === 'south' ? [receiver] : [sender],
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
      outgoingSlow: 20,
    },
    log: common.log,
    report: (problem, where) => common.report(problem, where),
  })
}
