import type { TlsaRecord } from '../dns/resolver.ts'

/** A TLSA record that decides nothing, and why. Plain data. */
export interface UnusableTlsa {
  /** As in a zone file, whole: reports tell it as it is in DNS (RFC 8460 §4.4). */
  readonly record: string
  readonly why: /** Usages 0 and 1 rest on a choice of authorities that mail servers do not share. */
    | 'pkix-usage'
    | 'unknown-usage'
    | 'unknown-selector'
    | 'unknown-matching-type'
    /** A SHA-256 that has not 32 octets, a SHA-512 that has not 64, or nothing at all. */
    | 'wrong-length'
    /** Of the same usage and selector there is one with a stronger digest. */
    | 'weaker-digest'
}

/** The TLSA records of a server, told apart. */
export interface SortedTlsa {
  readonly usable: readonly TlsaRecord[]
  readonly unusable: readonly UnusableTlsa[]
}

/**
 * Tells apart what can be used with SMTP and what cannot. Usages are 2 (DANE-TA) and 3 (DANE-EE): 0
 * and 1 SHOULD NOT be published for SMTP and are taken as unusable (RFC 7672 §3.1.3). Parameters that
 * nobody knows make a record unusable (RFC 6698 §4.1). Of digests with the same usage and selector only
 * the strongest counts, so that whoever publishes both can drop the weaker (RFC 7671 §9).
 */
export function sortTlsa(records: readonly TlsaRecord[]): SortedTlsa {
  const known = records.filter((record) => flawOf(record) === undefined)
  const usable = known.filter((record) => !isOutdone(record, known))
  const unusable = records.flatMap((record): readonly UnusableTlsa[] => {
    if (usable.includes(record)) return []
    return [{ record: tlsaText(record), why: flawOf(record) ?? 'weaker-digest' }]
  })
  return { usable, unusable }
}

/** A record as in a zone file, RFC 6698 §2.2. */
export function tlsaText({ usage, selector, matchingType, data }: TlsaRecord): string {
  return `${usage} ${selector} ${matchingType} ${data}`
}

/** Octets of each digest by its matching type. RFC 6698 §2.1.3. */
const digestOctets: Readonly<Record<number, number>> = { 1: 32, 2: 64 }

function flawOf({
  usage,
  selector,
  matchingType,
  data,
}: TlsaRecord): Exclude<UnusableTlsa['why'], 'weaker-digest'> | undefined {
  if (usage === 0 || usage === 1) return 'pkix-usage'
  if (usage !== 2 && usage !== 3) return 'unknown-usage'
  if (selector !== 0 && selector !== 1) return 'unknown-selector'
  if (matchingType > 2) return 'unknown-matching-type'
  const octets = digestOctets[matchingType]
  const fits = octets === undefined ? data.length > 0 : data.length === octets * 2
  return fits ? undefined : 'wrong-length'
}

/** SHA-512 is the stronger one. A record of the whole (type 0) is no digest, and outdoes none. */
function isOutdone(record: TlsaRecord, all: readonly TlsaRecord[]): boolean {
  if (record.matchingType !== 1) return false
  return all.some(({ usage, selector, matchingType }) => {
    return matchingType === 2 && usage === record.usage && selector === record.selector
  })
}
