import { formatIp, type IpAddress, parseIp, reverseName } from '../base/ip.ts'
import { publishedRecords } from '../directory/signing-keys.ts'
import { makeReachCheck } from '../route/reach.ts'
import type { DkimKeyRow } from '../store/ports/keys.ts'

/** One record for the zone of a domain, and what it is good for. */
export interface RecordToPublish {
  readonly name: string
  readonly type: 'A' | 'AAAA' | 'PTR' | 'MX' | 'TXT'
  /** As zone files have it. Empty when only whoever runs the server can know it. */
  readonly value: string
  readonly reason: string
  readonly purpose: Purpose
  /** Mail goes without it, too. */
  readonly optional?: true
}

/** What a record is there for: each is checked in its own way. */
export type Purpose =
  | 'address'
  | 'reverse'
  | 'mail'
  | 'spf'
  | 'dmarc'
  | 'dkim'
  | 'tls-reports'
  | 'mta-sts'

/** The keys that others verify by. */
export function keyRecords(keys: readonly DkimKeyRow[]): readonly RecordToPublish[] {
  return publishedRecords(keys).map(({ name, value }) => ({
    name,
    type: 'TXT',
    value: quoteTxt(value),
    reason: 'Others verify by it the signatures of your mail (DKIM).',
    purpose: 'dkim',
  }))
}

/** The name of this machine, there and back. */
export function hostRecords(
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
      return [
        {
          name: hostname,
          type,
          value: '',
          reason: `${there} ${what}`,
          purpose: 'address',
          optional: true,
        },
      ]
    }
    return own.flatMap((address): readonly RecordToPublish[] => [
      { name: hostname, type, value: formatIp(address), reason: there, purpose: 'address' },
      {
        name: reverseName(address),
        type: 'PTR',
        value: `${hostname}.`,
        reason: `Set by whoever gave you the address. ${back}`,
        purpose: 'reverse',
      },
    ])
  })
}

/**
 * RFC 7208 §2.4, §10.1.3: the name of the greeting stands for letters without a sender. One of the
 * domains has a record of its own.
 */
export function greetingRecords(
  hostname: string,
  domains: readonly string[],
): readonly RecordToPublish[] {
  if (domains.includes(hostname)) return []
  const reason =
    'Who may send notifications, which have no sender, in the name of this server (SPF).'
  return [{ name: hostname, type: 'TXT', value: '"v=spf1 a -all"', reason, purpose: 'spf' }]
}

/** What must stand in the zone of a domain, but for its keys. */
export function domainRecords(domain: string, hostname: string): readonly RecordToPublish[] {
  const report = `v=DMARC1; p=none; rua=mailto:postmaster@${domain}`
  return [
    {
      name: domain,
      type: 'MX',
      value: `10 ${hostname}.`,
      reason: `Where mail for ${domain} goes.`,
      purpose: 'mail',
    },
    {
      name: domain,
      type: 'TXT',
      value: '"v=spf1 mx -all"',
      reason: `Who may send mail as ${domain}: this server alone (SPF).`,
      purpose: 'spf',
    },
    {
      name: `_dmarc.${domain}`,
      type: 'TXT',
      value: `"${report}"`,
      reason:
        'What becomes of mail that neither SPF nor DKIM vouches for, and where the daily reports go (DMARC). ' +
        'When the reports show that all your mail passes: p=quarantine, then p=reject.',
      purpose: 'dmarc',
    },
    {
      name: `_smtp._tls.${domain}`,
      type: 'TXT',
      value: `"v=TLSRPTv1; rua=mailto:postmaster@${domain}"`,
      reason:
        'Where others report how TLS to your server went (TLS-RPT). Mail goes without it, too.',
      purpose: 'tls-reports',
      optional: true,
    },
    {
      name: `_mta-sts.${domain}`,
      type: 'TXT',
      value: '',
      reason:
        `That mail for ${domain} must come over TLS (MTA-STS): "v=STSv1; id=…", where a web server ` +
        `has the policy at https://mta-sts.${domain}/.well-known/mta-sts.txt. Mail goes without it, too.`,
      purpose: 'mta-sts',
      optional: true,
    },
  ]
}

/** Keys that sign, and those of a rotation that wait for their records; none that has retired. */
export function isToPublish(key: DkimKeyRow, all: readonly DkimKeyRow[]): boolean {
  if (key.active) return true
  const signing = all.filter(({ domain, active }) => active && domain === key.domain)
  return signing.every(({ createdAt }) => key.createdAt > createdAt)
}

const reach = makeReachCheck([])

/** The address that the server listens on, or those of the machine when it listens on all. */
export function publicAddresses(
  listening: string,
  addresses: readonly string[],
): readonly IpAddress[] {
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
