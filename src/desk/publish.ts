import { WaybillError } from '../base/error.ts'
import { formatIp, type IpAddress, parseIp, reverseName } from '../base/ip.ts'
import { ensureKeys, publishedRecords } from '../directory/signing-keys.ts'
import { makeReachCheck } from '../route/reach.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { openReadOnlyStore } from '../store/sqlite/sqlite-reader.ts'
import type { DkimKeyRow } from '../store/ports/keys.ts'
import type { Store } from '../store/ports/store.ts'

/** One record for the zone of a domain, and what it is good for. */
export interface RecordToPublish {
  readonly name: string
  readonly type: 'A' | 'AAAA' | 'PTR' | 'MX' | 'TXT'
  /** As zone files have it. Empty when only whoever runs the server can know it. */
  readonly value: string
  readonly reason: string
}

/** What of the settings the records hang on. */
export interface PublishSettings {
  readonly hostname: string
  readonly domains: readonly string[]
  /** The data folder, which has the keys, and domains of its own. */
  readonly data: string
  readonly listen: { readonly address: string }
  readonly dkim: { readonly selector: string }
}

export interface Publication {
  readonly records: readonly RecordToPublish[]
  /** Domains without signing keys, which only the server that is running could make. */
  readonly withoutKeys: readonly string[]
}

/**
 * What must stand in DNS for a server with these settings. Reads the keys beside a running server;
 * makes those that are missing when no server has the data folder.
 *
 * @param addresses those of this machine; those that others cannot reach are left out
 */
export async function publishRecords(
  settings: PublishSettings,
  { addresses, now }: { readonly addresses: readonly string[]; readonly now: number },
): Promise<Publication> {
  const { hostname } = settings
  const { domains, keys } = await keysToPublish(settings, now)
  return {
    records: [
      ...hostRecords(hostname, publicAddresses(settings.listen.address, addresses)),
      ...greetingRecords(hostname, domains),
      ...domains.flatMap((domain) => domainRecords(domain, hostname)),
      ...keyRecords(keys),
    ],
    withoutKeys: domains.filter((domain) => !keys.some((key) => key.domain === domain)),
  }
}

/** The same for one domain more, whose keys are made where there are none: its own records alone. */
export async function publishDomain(
  store: Store,
  domain: string,
  context: Pick<PublishSettings, 'hostname' | 'dkim'> & { readonly now: number },
): Promise<readonly RecordToPublish[]> {
  const { hostname, dkim, now } = context
  const keys = await ensureKeys(store, [domain], { selector: dkim.selector, now })
  return [
    ...domainRecords(domain, hostname),
    ...keyRecords(keys.filter((key) => isToPublish(key, keys))),
  ]
}

function keyRecords(keys: readonly DkimKeyRow[]): readonly RecordToPublish[] {
  return publishedRecords(keys).map(({ name, value }) => ({
    name,
    type: 'TXT',
    value: quoteTxt(value),
    reason: 'Others verify by it the signatures of your mail (DKIM).',
  }))
}

/** The name of this machine, there and back. */
function hostRecords(
  hostname: string,
  addresses: readonly IpAddress[],
): readonly RecordToPublish[] {
  const back = 'Must give this name: many servers take no mail of an address without a name.'
  return ([4, 6] as const).flatMap((family): readonly RecordToPublish[] => {
    const type = family === 4 ? 'A' : 'AAAA'
    const own = addresses.filter((address) => address.family === family)
    const there = `Where other servers find this one over IPv${family}.`
    if (own.length === 0) {
      const unknown = `This machine has no public IPv${family} address of its own.`
      const what = `${unknown} If others see it with one, write that (--address names it).`
      return [{ name: hostname, type, value: '', reason: `${there} ${what}` }]
    }
    return own.flatMap((address): readonly RecordToPublish[] => [
      { name: hostname, type, value: formatIp(address), reason: there },
      {
        name: reverseName(address),
        type: 'PTR',
        value: `${hostname}.`,
        reason: `Set by whoever gave you the address. ${back}`,
      },
    ])
  })
}

/**
 * RFC 7208 §2.4, §10.1.3: the name of the greeting stands for letters without a sender. One of the
 * domains has a record of its own.
 */
function greetingRecords(hostname: string, domains: readonly string[]): readonly RecordToPublish[] {
  if (domains.includes(hostname)) return []
  const reason =
    'Who may send notifications, which have no sender, in the name of this server (SPF).'
  return [{ name: hostname, type: 'TXT', value: '"v=spf1 a -all"', reason }]
}

function domainRecords(domain: string, hostname: string): readonly RecordToPublish[] {
  const report = `v=DMARC1; p=none; rua=mailto:postmaster@${domain}`
  return [
    {
      name: domain,
      type: 'MX',
      value: `10 ${hostname}.`,
      reason: `Where mail for ${domain} goes.`,
    },
    {
      name: domain,
      type: 'TXT',
      value: '"v=spf1 mx -all"',
      reason: `Who may send mail as ${domain}: this server alone (SPF).`,
    },
    {
      name: `_dmarc.${domain}`,
      type: 'TXT',
      value: `"${report}"`,
      reason:
        'What becomes of mail that neither SPF nor DKIM vouches for, and where the daily reports go (DMARC). ' +
        'When the reports show that all your mail passes: p=quarantine, then p=reject.',
    },
  ]
}

interface KnownKeys {
  /** Those of the settings, then those of the store. */
  readonly domains: readonly string[]
  readonly keys: readonly DkimKeyRow[]
}

/** Never waits for the server that has the folder, and never writes into it. */
async function keysToPublish(settings: PublishSettings, now: number): Promise<KnownKeys> {
  const { domains, data: folder, dkim } = settings
  const known = await readKeys(folder, domains)
  const missing = known.domains.some((domain) => !known.keys.some((key) => key.domain === domain))
  if (!missing) return worthPublishing(known)
  try {
    const store = await openSqliteStore({ folder })
    try {
      const keys = await ensureKeys(store, known.domains, { selector: dkim.selector, now })
      return worthPublishing({ domains: known.domains, keys })
    } finally {
      await store.close()
    }
  } catch (problem) {
    if (!(problem instanceof WaybillError) || problem.code !== 'data-in-use') throw problem
    return worthPublishing(await readKeys(folder, domains))
  }
}

function worthPublishing({ domains, keys }: KnownKeys): KnownKeys {
  return { domains, keys: keys.filter((key) => isToPublish(key, keys)) }
}

async function readKeys(folder: string, settled: readonly string[]): Promise<KnownKeys> {
  try {
    const reader = openReadOnlyStore({ folder })
    try {
      const added = (await reader.accounts.domains()).map(({ name }) => name)
      const domains = Array.from(new Set([...settled, ...added]))
      const lists = await Promise.all(domains.map((domain) => reader.keys.list(domain)))
      return { domains, keys: lists.flat() }
    } finally {
      reader.close()
    }
  } catch (problem) {
    // There is no data yet, or it is of an older version: who opens it for writing sees to that.
    if (problem instanceof WaybillError && problem.code === 'not-found') {
      return { domains: settled, keys: [] }
    }
    throw problem
  }
}

/** Keys that sign, and those of a rotation that wait for their records; none that has retired. */
function isToPublish(key: DkimKeyRow, all: readonly DkimKeyRow[]): boolean {
  if (key.active) return true
  const signing = all.filter(({ domain, active }) => active && domain === key.domain)
  return signing.every(({ createdAt }) => key.createdAt > createdAt)
}

const reach = makeReachCheck([])

/** The address that the server listens on, or those of the machine when it listens on all. */
function publicAddresses(listening: string, addresses: readonly string[]): readonly IpAddress[] {
  const all = listening === '0.0.0.0' || listening === '::' ? addresses : [listening]
  const read = all.flatMap((text) => parseIp(text) ?? [])
  const seen = new Set<string>()
  return read.filter((address) => {
    const text = formatIp(address)
    const wanted = reach.forbidden(address) === undefined && !seen.has(text)
    seen.add(text)
    return wanted
  })
}

/** A TXT value in strings of at most 255 octets, each in quotes, as zone files want it. */
export function quoteTxt(value: string): string {
  return (value.match(/.{1,255}/g) ?? ['']).map((part) => `"${part}"`).join(' ')
}
