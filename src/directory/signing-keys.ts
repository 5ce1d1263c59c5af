import { displayDomain } from '../address/domain.ts'
import {
  type DkimSigningKey,
  dkimPublicKey,
  formatDkimRecord,
  generateDkimKey,
} from '../dkim/dkim.ts'
import type { DkimKeyRow } from '../store/ports/keys.ts'
import type { Store } from '../store/ports/store.ts'

/** A key record to publish in DNS. */
export interface PublishedRecord {
  readonly name: string
  readonly value: string
}

/** The signing keys of a server: made once, kept in the store, looked up for every message. */
export class SigningKeys {
  #rows: readonly DkimKeyRow[]
  #byDomain: ReadonlyMap<string, readonly DkimSigningKey[]>

  /** @param keys the rows of all domains */
  constructor(keys: readonly DkimKeyRow[]) {
    this.#rows = keys
    this.#byDomain = activeKeys(keys)
  }

  /** The rows that hold. */
  get rows(): readonly DkimKeyRow[] {
    return this.#rows
  }

  /** From now on these rows hold: a rotation goes on while the server runs. */
  replace(keys: readonly DkimKeyRow[]): void {
    this.#rows = keys
    this.#byDomain = activeKeys(keys)
  }

  /** The keys for an author's domain: its own, else those of the nearest domain above it. */
  for(domain: string): readonly DkimSigningKey[] {
    for (let name = domain; name !== ''; name = name.slice(name.indexOf('.') + 1)) {
      const keys = this.#byDomain.get(name)
      if (keys !== undefined) return keys
      if (!name.includes('.')) break
    }
    return []
  }
}

/** The one of several keys that seals: many receivers read no other seals than those of RSA. */
export function sealingKey(keys: readonly DkimSigningKey[]): DkimSigningKey | undefined {
  return keys.find(({ algorithm }) => algorithm?.startsWith('rsa') === true) ?? keys[0]
}

function activeKeys(keys: readonly DkimKeyRow[]): ReadonlyMap<string, readonly DkimSigningKey[]> {
  const byDomain = new Map<string, readonly DkimSigningKey[]>()
  for (const row of keys) {
    if (!row.active) continue
    const { domain, selector, privateKey } = row
    const algorithm = row.algorithm === 'rsa' ? 'rsa-sha256' : 'ed25519-sha256'
    const before = byDomain.get(domain) ?? []
    byDomain.set(domain, [...before, { domain, selector, privateKey, algorithm }])
  }
  return byDomain
}

/**
 * The keys of each domain, made where there are none yet: RSA with 2,048 bits, which everybody can
 * verify, and Ed25519 beside it (RFC 8463).
 */
export async function ensureKeys(
  store: Store,
  domains: readonly string[],
  { selector, now }: { readonly selector: string; readonly now: number },
): Promise<readonly DkimKeyRow[]> {
  const all: DkimKeyRow[] = []
  for (const domain of domains) {
    const known = await store.keys.list(domain)
    // 0.1.0 kept the keys of a domain with letters beyond ASCII under the name in the settings.
    const named = known.length > 0 ? known : await store.keys.list(displayDomain(domain))
    for (const key of named) {
      if (key.domain !== domain) await store.keys.put({ ...key, domain })
      all.push({ ...key, domain })
    }
    if (named.length > 0) continue
    for (const algorithm of ['rsa', 'ed25519'] as const) {
      const { privateKey } = generateDkimKey(algorithm)
      const suffix = algorithm === 'rsa' ? '' : '-ed'
      const row = { domain, selector: `${selector}${suffix}`, algorithm, privateKey }
      const key: DkimKeyRow = { ...row, createdAt: now, active: true }
      await store.keys.put(key)
      all.push(key)
    }
  }
  return all
}

/** What must stand in DNS for the keys to be of use. */
export function publishedRecords(keys: readonly DkimKeyRow[]): readonly PublishedRecord[] {
  return keys.map(({ domain, selector, algorithm, privateKey }) => ({
    name: `${selector}._domainkey.${domain}`,
    value: formatDkimRecord({ type: algorithm, publicKey: dkimPublicKey(privateKey).publicKey }),
  }))
}
