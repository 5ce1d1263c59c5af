/**
 * The Resolver port: how everything above asks DNS, and how nobody knows whether a network is there.
 *
 * "No such name", "no such record" and "could not ask" are three answers, not three exceptions:
 * SPF's void count, DMARC's temperror and the queue's deferral all hang on the difference.
 */

export interface MxRecord {
  readonly preference: number
  /** Lower case, no trailing dot; the empty string is the root, as in a null MX (RFC 7505). */
  readonly exchange: string
}

export interface SoaRecord {
  readonly primary: string
  readonly minimumTtlSeconds: number
}

export interface TlsaRecord {
  readonly usage: number
  readonly selector: number
  readonly matchingType: number
  /** Hexadecimal, lower case. */
  readonly data: string
}

/** What one record of each type holds. Names are lower case without a trailing dot. */
export interface RecordData {
  readonly A: string
  readonly AAAA: string
  readonly MX: MxRecord
  /** An octet string (code points 0–255), the character-strings of the record joined. */
  readonly TXT: string
  readonly PTR: string
  readonly CNAME: string
  readonly NS: string
  readonly SOA: SoaRecord
  readonly TLSA: TlsaRecord
}

export type RecordType = keyof RecordData

export const recordTypes: readonly RecordType[] = [
  'A',
  'AAAA',
  'MX',
  'TXT',
  'PTR',
  'CNAME',
  'NS',
  'SOA',
  'TLSA',
]

/** `secure` only when a resolver that we trust says the answer is validated (AD). */
export type DnssecState = 'secure' | 'insecure'

/**
 * Why there is no answer. The first six say something of the question's name, or of one server;
 * those of `DnsOutage` say that we could not ask at all, and so nothing about the name.
 */
export type DnsFailure =
  /** Servers that answer other questions were silent: this zone is. */
  | 'timeout'
  | 'servfail'
  | 'refused'
  | 'malformed'
  | 'unreachable'
  /** Not asked on purpose: where all is made up, names of the real world are not looked up. */
  | 'not-asked'
  | DnsOutage

/** What kept us from asking. Whoever decides by such an answer asks again later. */
export type DnsOutage =
  /** All places for questions are taken, or all that this client may have; or no socket is left. */
  | 'no-place'
  /** No resolver answers, whatever it is asked. */
  | 'no-resolver'
  /** The zone was silent a moment ago, and as many of its names as may be are being asked for. */
  | 'silent-zone'

/** Of several outages the one that says most comes first. */
export const dnsOutages: readonly DnsOutage[] = ['no-resolver', 'no-place', 'silent-zone']

/** Whether a failure says only that we could not ask. */
export function isOutage(failure: DnsFailure): failure is DnsOutage {
  return dnsOutages.some((one) => one === failure)
}

/** An alias of an alias is followed this often; a longer way, or a circle, is a `servfail`. */
export const maxAliases = 10

/**
 * An answer. CNAMEs have been followed by the adapter; `aliases` lists the names that the question
 * was led to, in order: the last one is where the records stand, or are missing.
 */
export type DnsAnswer<T> =
  | {
      readonly type: 'found'
      readonly records: readonly T[]
      readonly ttlSeconds: number
      readonly dnssec: DnssecState
      readonly aliases?: readonly string[]
      readonly server?: string
    }
  | {
      readonly type: 'noName' | 'noData'
      readonly ttlSeconds: number
      readonly dnssec: DnssecState
      readonly aliases?: readonly string[]
      readonly server?: string
    }
  | { readonly type: 'failed'; readonly reason: DnsFailure; readonly server?: string }

/**
 * Asks one question. Never rejects for anything the network or a name's owner does. A name that
 * cannot be put into a query (empty label, label over 63 octets, name over 253) is answered
 * `noName` without asking; see `isQueryableName`. Records come in the order they were received.
 */
export interface Resolver {
  /**
   * @param client the address of the client on whose behalf it is asked, so that none takes the places
   * of all others; our own questions have none
   */
  resolve<T extends RecordType>(
    name: string,
    type: T,
    client?: string,
  ): Promise<DnsAnswer<RecordData[T]>>
}

/** Whether `name` fits in a query: labels of 1 to 63 octets, 253 in all (RFC 1035 §2.3.4). */
export function isQueryableName(name: string): boolean {
  if (name.length === 0 || name.length > 253) return false
  let start = 0
  for (let i = 0; i <= name.length; i++) {
    if (i < name.length && name.charCodeAt(i) !== 0x2e) continue
    if (i === start || i - start > 63) return false
    start = i + 1
  }
  return true
}

/** The form in which names are asked and compared: lower case, no trailing dot. */
export function normalizeName(name: string): string {
  const lower = name.toLowerCase()
  return lower.endsWith('.') && lower.length > 1 ? lower.slice(0, -1) : lower
}

/**
 * The zone that a name is counted for: whose servers are silent when it gets no answer. DNS itself
 * does not tell a stub resolver where zones begin, so this is the domain that somebody registered, or
 * the network of a reverse name. Names beside it are neighbours and not to be blamed.
 *
 * @param registrable the registrable domain of a domain name, from a list of public suffixes; without
 * one it is the last two labels
 */
export function zoneOf(
  name: string,
  registrable: (domain: string) => string | undefined = () => undefined,
): string {
  const labels = name.split('.')
  if (labels.at(-1) === 'arpa') {
    // A /24 of IPv4, a /64 of IPv6.
    return labels.slice(labels.at(-2) === 'ip6' ? -18 : -5).join('.')
  }
  // `_dmarc.north.example`: a list of public suffixes knows domains alone.
  const domain = labels.slice(labels.findLastIndex((label) => label.includes('_')) + 1).join('.')
  return registrable(domain) ?? labels.slice(-2).join('.')
}
