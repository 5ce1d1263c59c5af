import type { Tone } from '../parts/verdict.tsx'

/** A record that should be published, and what is known of that. */
export interface DnsRecord {
  readonly name: string
  readonly type: string
  readonly value: string
  readonly reason: string
  readonly purpose: string
  readonly optional?: true
  readonly status?: string
  readonly found?: readonly string[]
  readonly note?: string
}

export interface Domain {
  readonly domain: string
  readonly from: string
  readonly site: string
}

export interface Records {
  readonly checked_at: string | null
  readonly data: readonly DnsRecord[]
}

const tones: Readonly<Record<string, Tone>> = {
  published: 'pass',
  fits: 'pass',
  differs: 'fail',
  missing: 'fail',
  unknown: 'unknown',
}

/** How a record stands, as sign and colour; what mail can go without is never a failure. */
export function toneOf({ status, optional }: DnsRecord): Tone {
  const tone = tones[status ?? ''] ?? 'none'
  return tone === 'fail' && optional === true ? 'none' : tone
}

/** How the records of a domain stand: how many in which way, the worst first. */
export function standing(records: readonly DnsRecord[]): {
  readonly tone: Tone
  readonly text: string
} {
  // What mail goes without is no news.
  const counted = records.filter((one) => one.optional !== true || one.status !== 'missing')
  const parts = ['missing', 'differs', 'unknown', 'fits', 'published'].flatMap((word) => {
    const number = counted.filter(({ status }) => status === word).length
    return number === 0 ? [] : [`${number} ${word}`]
  })
  const tones = counted.map(toneOf)
  const tone = (['fail', 'unknown'] as const).find((one) => tones.includes(one)) ?? 'pass'
  return { tone, text: parts.join(', ') }
}

/** Whether a record is of the server itself, the same for all its domains. */
export function isOfServer({ purpose, name }: DnsRecord, domain: string): boolean {
  return purpose === 'address' || purpose === 'reverse' || (purpose === 'spf' && name !== domain)
}

/** Records as a zone file has them; what only its owner knows is a comment. */
export function zoneText(records: readonly DnsRecord[]): string {
  return records
    .map(({ name, type, value }) => {
      return value === '' ? `; ${name}. ${type} (unknown)` : `${name}. ${type} ${value}`
    })
    .join('\n')
}
