import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../base/log.ts'
import { signDkim } from '../dkim/dkim.ts'
import type { Fault } from '../desk/fault.ts'
import { Faults } from '../desk/faults.ts'
import type { Zone } from '../dns/zone-table.ts'
import { chance, systemClock } from '../io/clock.ts'
import { makeFolder } from '../io/make-folder.ts'
import { type DnsFault, type DnsServer, openDnsServer } from '../io/dns-server.ts'
import { openPolicyServer, type PolicyServer } from '../io/policy-server.ts'
import { hashPassword } from '../io/password.ts'
import { Greylist } from '../policy/greylist.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import type { Store } from '../store/ports/store.ts'
import { ensureKeys, publishedRecords, SigningKeys } from '../directory/signing-keys.ts'
import type { MailSystem } from '../app/mail-system.ts'
import { LabNetwork } from './network.ts'
import { catchingManner, usualManner } from '../catch/manners.ts'
import { near } from '../catch/near.ts'
import { belongsTo } from '../catch/looked-up.ts'
import { labOrigins, labPassword, labZone, places, strict } from './places.ts'
import { LabClock } from './clock.ts'
import { Trouble } from './trouble.ts'
import { type LabPortOptions, type LabPorts, openPorts } from './ports.ts'
import { makeCertificates, openNorth, openSouth } from './sites.ts'

export type { LabPorts } from './ports.ts'

export interface LabOptions extends LabPortOptions {
  /** Where both servers keep their data, each in a folder of its own. */
  readonly folder: string
  readonly log: Log
  readonly report: (problem: unknown, where: string) => void
  /** What goes wrong on purpose from the beginning. */
  readonly faults?: readonly Fault[]
}

/** The running lab: two mail servers, their DNS, and a clock that can be set ahead. */
export interface Lab {
  readonly ports: LabPorts
  readonly clock: LabClock
  readonly network: LabNetwork
  /** What goes wrong on purpose. */
  readonly faults: Faults
  readonly north: LabSite
  readonly south: LabSite
  /** PEM of the lab's own certificate authority. */
  readonly authority: string
  /** The file that it stands in, for programs that shall trust it. */
  readonly authorityFile: string
  /** What its DNS says now, and what it said in the beginning. */
  readonly zone: Zone
  readonly ordinaryZone: Zone
  /** @throws WaybillError `usage` for a value that cannot be read; nothing has changed then */
  setZone(zone: Zone): void
  changeZone(changes: Zone): void
  greylist(): void
  endGreylist(): void
  /** What goes wrong between the two servers while a situation lasts. */
  readonly trouble: Trouble
  sign(by: 'north' | 'lists', message: string): string
  /** Cuts a `close` short, also one that is to come. */
  hurry(): void
  close(): Promise<void>
}

export interface LabSite {
  readonly site: MailSystem
  readonly store: Store
}

/**
 * Opens the lab.
 *
 * @throws WaybillError `port-taken`, `data-in-use` and what the store says
 */
export async function openLab(options: LabOptions): Promise<Lab> {
  const clock = new LabClock(systemClock)
  const stores = await openStores(options.folder)
  try {
    return await openWithStores(options, clock, stores)
  } catch (problem) {
    await Promise.all([stores.north.close(), stores.south.close()])
    throw problem
  }
}

interface Stores {
  readonly north: Store
  readonly south: Store
}

async function openStores(folder: string): Promise<Stores> {
  makeFolder(folder)
  const north = await openSqliteStore({ folder: join(folder, 'north') })
  try {
    const south = await openSqliteStore({ folder: join(folder, 'south') })
    return { north, south }
  } catch (problem) {
    await north.close()
    throw problem
  }
}

async function openWithStores(options: LabOptions, clock: LabClock, stores: Stores): Promise<Lab> {
  const now = clock.now()
  const northKeys = await ensureKeys(stores.north, [places.north.domain], { selector: 'lab1', now })
  const listKeys = await ensureKeys(stores.south, [places.lists.domain], {
    selector: 'lists1',
    now,
  })
  const ordinaryZone = labZone(publishedRecords([...northKeys, ...listKeys]))
  let zone = ordinaryZone
  const faults = new Faults(chance, options.faults)
  const trouble = new Trouble(faults)
  const dns = await near(options, 'dns', options.ports.dns, (port) => {
    return openDnsServer({ port, clock, zones: { '': zone }, faultOf: () => dnsFault(faults) })
  })
  const setZone = (next: Zone): void => {
    dns.setZone('', next)
    zone = next
  }
  const opened: Opened = { dns, sites: [] }
  try {
    const network = new LabNetwork((stage) => trouble.strike(stage)?.what)
    const certificates = await makeCertificates(clock.now())
    const policies = { [strict.policyHost]: strict.policy }
    opened.policyHost = await openPolicyServer(certificates.policy, policies)
    network.connectWeb(strict.policyIp, opened.policyHost.port)
    const authorityFile = join(options.folder, 'lab-ca.pem')
    writeFileSync(authorityFile, certificates.authority)
    const passwordHash = await hashPassword(labPassword)
    const { log, report } = options
    const isKnown = (name: string): boolean => {
      return belongsTo([...labOrigins, ...Object.keys(zone)])(name)
    }
    const common = { log, report, clock, dns, network, isKnown, certificates, passwordHash }
    let greylist: Greylist | undefined
    const north = openNorth(common, stores.north, northKeys)
    const south = openSouth(common, stores.south, () => greylist)
    opened.sites.push(north, south)
    const ports = await openPorts({
      options,
      north,
      south,
      network,
      dns,
      manners: {
        catching: catchingManner(faults, certificates.wrong),
        usual: usualManner(faults, certificates.wrong),
        between: usualManner(trouble, certificates.wrong),
      },
    })
    await north.start()
    await south.start()
    return {
      ports,
      clock,
      network,
      faults,
      trouble,
      north: { site: north, store: stores.north },
      south: { site: south, store: stores.south },
      authority: certificates.authority,
      authorityFile,
      get zone() {
        return zone
      },
      ordinaryZone,
      setZone,
      changeZone: (changes) => setZone({ ...zone, ...changes }),
      greylist() {
        greylist = new Greylist({ delayMs: 60_000 })
      },
      endGreylist() {
        greylist = undefined
      },
      sign(by, message) {
        const keys = new SigningKeys(by === 'north' ? northKeys : listKeys)
        const octets = Buffer.from(message, 'utf8')
        const signing = { keys: keys.for(places[by].domain), now: Math.floor(clock.now() / 1000) }
        return signDkim(octets, signing).join('') + message
      },
      hurry() {
        north.hurry()
        south.hurry()
      },
      async close() {
        // One after the other: north ends the connections that it keeps while south still listens.
        await north.close()
        await south.close()
        await opened.policyHost?.close()
        await dns.close()
      },
    }
  } catch (problem) {
    await Promise.all(opened.sites.map((site) => site.close(0)))
    await opened.policyHost?.close()
    await dns.close()
    throw problem
  }
}

interface Opened {
  readonly dns: DnsServer
  readonly sites: MailSystem[]
  policyHost?: PolicyServer
}

/** What a fault at `dns` makes of one question. */
function dnsFault(faults: Faults): DnsFault | undefined {
  switch (faults.strike('dns')?.what) {
    case 'timeout':
      return { type: 'silent' }
    case 'servfail':
      return { type: 'servfail' }
    case 'refused':
      return { type: 'refused' }
    case 'garbage':
      return { type: 'garbage' }
    case 'lie':
      // An address of the lab's world where nobody is.
      return { type: 'lie', address: '203.0.113.99' }
    default:
      return undefined
  }
}
