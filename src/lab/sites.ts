import type { Clock } from '../base/clock.ts'
import { onlyFor } from '../catch/looked-up.ts'
import type { WrongCertificates } from '../catch/manners.ts'
import { makeWrongCertificates } from '../catch/wrong-certificates.ts'
import type { SettledResidents } from '../desk/accounts.ts'
import { andThen } from '../base/result.ts'
import type { Log } from '../base/log.ts'
import { MemoryDirectory } from '../directory/memory-directory.ts'
import type { Residents } from '../directory/address-table.ts'
import { SigningKeys } from '../directory/signing-keys.ts'
import { issueCertificate, type KeyedCertificate, makeAuthority } from '../io/certificates.ts'
import type { DnsServer } from '../io/dns-server.ts'
import { StubResolver } from '../io/stub-resolver.ts'
import { type Greylist, greylisting } from '../policy/greylist.ts'
import { defaultRetryPolicy } from '../queue/schedule.ts'
import type { DkimKeyRow } from '../store/ports/keys.ts'
import type { Store } from '../store/ports/store.ts'
import { MailSystem } from '../app/mail-system.ts'
import { closedNetwork, type LabNetwork } from './network.ts'
import { labOrigins, places, receiver, sender, strict } from './places.ts'

/** What both servers of the lab have in common. */
export interface LabCommon {
  readonly log: Log
  report(problem: unknown, where: string): void
  readonly clock: Clock
  readonly dns: DnsServer
  readonly network: LabNetwork
  /** Which names the lab's DNS has a word about; all others are not looked up. */
  readonly isKnown: (name: string) => boolean
  readonly certificates: LabCertificates
  readonly passwordHash: string
}

/** The lab's own authority, and what it issued. */
export interface LabCertificates {
  readonly authority: string
  readonly north: KeyedCertificate
  readonly south: KeyedCertificate
  /** Of the host that has south's policy. */
  readonly policy: KeyedCertificate
  /** Of south, as nobody should believe them. */
  readonly wrong: WrongCertificates
}

/** What programs on this computer call it. */
const here = ['localhost', '127.0.0.1'] as const

/** Makes an authority and the certificates of both servers, good for ten years. */
export async function makeCertificates(now: number): Promise<LabCertificates> {
  const day = 86_400_000
  const validity = { notBefore: new Date(now - day), notAfter: new Date(now + 3650 * day) }
  const authority = await makeAuthority("The lab's own CA", validity)
  const [north, south, policy, wrong] = await Promise.all([
    issueCertificate(authority, [places.north.host, ...here], validity),
    issueCertificate(authority, [places.south.host, ...here], validity),
    issueCertificate(authority, [strict.policyHost], validity),
    makeWrongCertificates(authority, [places.south.host, ...here], now),
  ])
  return { authority: authority.certificate, north, south, policy, wrong }
}

/** Who lives on each side. */
export const labResidents: Readonly<Record<'north' | 'south', SettledResidents>> = {
  north: {
    domains: [places.north.domain, `news.${places.north.domain}`],
    accounts: [
      {
        address: sender,
        aliases: [`news@news.${places.north.domain}`, `dmarc@${places.north.domain}`],
        mayLogIn: true,
      },
    ],
    aliases: [],
  },
  south: {
    domains: ['', 'no-mx.', 'backup.', 'strict.'].map((part) => `${part}${places.south.domain}`),
    accounts: [
      {
        address: receiver,
        aliases: ['no-mx.', 'backup.', 'strict.'].map(
          (part) => `receiver@${part}${places.south.domain}`,
        ),
        mayLogIn: true,
      },
    ],
    aliases: [],
  },
}

/** The sending side: its user, its keys, its queue. */
export function openNorth(
  common: LabCommon,
  store: Store,
  keys: readonly DkimKeyRow[],
): MailSystem {
  return makeSite(common, store, {
    place: 'north',
    trusted: { mailingLists: [] },
    greylist: () => undefined,
    keys,
  })
}

/** The receiving side: its user, and the one list that it knows. */
export function openSouth(
  common: LabCommon,
  store: Store,
  greylist: () => Greylist | undefined,
): MailSystem {
  return makeSite(common, store, {
    place: 'south',
    // South's people are on this list, and south's operator knows it.
    trusted: { mailingLists: [places.lists.domain] },
    greylist,
    keys: [],
  })
}

function makeSite(
  common: LabCommon,
  store: Store,
  plan: {
    readonly place: 'north' | 'south'
    readonly trusted: { readonly mailingLists: readonly string[] }
    readonly greylist: () => Greylist | undefined
    readonly keys: readonly DkimKeyRow[]
  },
): MailSystem {
  const { clock, dns, certificates, passwordHash } = common
  const { domains, accounts } = labResidents[plan.place]
  const residents: Residents = {
    domains,
    accounts: accounts.map(({ address, aliases }) => ({ address, aliases, passwordHash })),
  }
  const { host, ip } = places[plan.place]
  const now = (): number => clock.now()
  const people = [plan.place === 'south' ? receiver : sender]
  const network = closedNetwork({ people, origins: labOrigins })
  const mustWait: Greylist['mustWait'] = (input) => plan.greylist()?.mustWait(input) ?? false
  const greylist = greylisting({ mustWait }, now)
  return new MailSystem({
    hostname: host,
    mode: 'lab',
    directory: new MemoryDirectory(residents, new SigningKeys(plan.keys)),
    admission: {
      ...network,
      refusal: (asked, lead) => {
        return andThen(network.refusal(asked, lead), (reply) => {
          return reply ?? greylist.refusal(asked, lead)
        })
      },
    },
    rules: {
      decision: {
        trustedForwarders: [],
        mailingLists: plan.trusted.mailingLists,
        allow: [],
        onTemperror: 'deliver',
        ownDomains: [places[plan.place].domain],
        onOwnDomain: 'junk',
        onMissingDomain: 'deliver',
        onSpfFail: 'deliver',
      },
      receivedFields: 100,
      receivedSpf: false,
      addresses: 'lenient',
      queueMs: defaultRetryPolicy.expireAfterMs,
    },
    store,
    // The lab's records change under way, so nothing is kept.
    resolver: onlyFor(common.isKnown, new StubResolver({ servers: [dns.endpoint], clock })),
    dialer: common.network.dialerFrom(ip),
    clock,
    certificate: certificates[plan.place],
    trustAnchors: [certificates.authority],
    policyPlace: common.network.webPlace,
    transport: () => ({ dane: true, mtaSts: true, least: 'opportunistic', memory: 'note' }),
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
