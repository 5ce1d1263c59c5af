import { WaybillError } from '../base/error.ts'
import { ensureKeys } from '../directory/signing-keys.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { openReadOnlyStore } from '../store/sqlite/sqlite-reader.ts'
import type { DkimKeyRow } from '../store/ports/keys.ts'
import type { Store } from '../store/ports/store.ts'
import type { ReadPorts } from '../store/reads.ts'
import {
  domainRecords,
  greetingRecords,
  hostRecords,
  isToPublish,
  keyRecords,
  publicAddresses,
  type RecordToPublish,
} from './dns-records.ts'

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

/** All that one domain needs in DNS, that of the server behind its own. Nothing is made for it. */
export async function recordsToPublish(
  reads: Pick<ReadPorts, 'keys'>,
  domain: string,
  server: {
    readonly hostname: string
    readonly domains: readonly string[]
    readonly listen: PublishSettings['listen']
    readonly addresses: readonly string[]
  },
): Promise<readonly RecordToPublish[]> {
  const { hostname, domains, listen, addresses } = server
  const keys = await reads.keys.list(domain)
  return [
    ...domainRecords(domain, hostname),
    ...keyRecords(keys.filter((key) => isToPublish(key, keys))),
    ...hostRecords(hostname, publicAddresses(listen.address, addresses)),
    ...greetingRecords(hostname, domains),
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
