import type { Zone } from '../dns/zone-table.ts'

/**
 * Who lives in the lab. All names end in `.example` (RFC 2606) and all addresses come from the
 * blocks kept for documentation (RFC 5737), so none of them can be anybody's.
 */
export const places = {
  north: { domain: 'north.example', host: 'mx.north.example', ip: '192.0.2.10' },
  south: { domain: 'south.example', host: 'mx.south.example', ip: '203.0.113.20' },
  /** A server that passes letters on unchanged, and is on nobody's SPF list. */
  forwarder: { domain: 'forwarder.example', host: 'mx.forwarder.example', ip: '198.51.100.30' },
  /** A mailing list that changes the subject and adds a footer. */
  lists: { domain: 'lists.example', host: 'mx.lists.example', ip: '198.51.100.40' },
  /** Anyone: what a plain connection from this computer counts as. */
  stranger: { domain: 'stranger.example', host: 'x.stranger.example', ip: '198.51.100.66' },
} as const

/**
 * A part of south that insists on TLS by MTA-STS (RFC 8461), and where its policy is. What north keeps
 * of it concerns no other domain.
 */
export const strict: {
  readonly domain: string
  readonly policyHost: string
  readonly policyIp: string
  readonly policy: string
} = {
  domain: 'strict.south.example',
  policyHost: 'mta-sts.strict.south.example',
  policyIp: '203.0.113.21',
  policy: [
    'version: STSv1',
    'mode: enforce',
    `mx: ${places.south.host}`,
    'max_age: 604800',
    '',
  ].join('\r\n'),
}

export type Place = keyof typeof places

export const sender = 'sender@north.example'
export const receiver = 'receiver@south.example'
/** The password of every account in the lab: there is nothing to protect. */
export const labPassword = 'letmein'

/** A DKIM key record to publish: `lab1._domainkey.north.example` and its TXT value. */
export interface PublishedKey {
  readonly name: string
  readonly value: string
}

/** The zones of the lab on an ordinary day. Situations change a copy of them. */
export function labZone(keys: readonly PublishedKey[]): Zone {
  const { north, south, forwarder, lists, stranger } = places
  const zone: Record<string, Zone[string]> = {
    [north.domain]: {
      MX: [`10 ${north.host}`],
      TXT: [`v=spf1 ip4:${north.ip} -all`],
      NS: ['ns.north.example'],
    },
    [north.host]: { A: [north.ip], TXT: ['v=spf1 a -all'] },
    [`_dmarc.${north.domain}`]: { TXT: ['v=DMARC1; p=reject; rua=mailto:dmarc@north.example'] },
    // A part of the company with a name of its own; north's DMARC record holds for it too.
    [`news.${north.domain}`]: { MX: [`10 ${north.host}`], TXT: [`v=spf1 ip4:${north.ip} -all`] },

    [south.domain]: {
      MX: [`10 ${south.host}`],
      TXT: [`v=spf1 ip4:${south.ip} -all`],
      NS: ['ns.south.example'],
    },
    [south.host]: { A: [south.ip], TXT: ['v=spf1 a -all'] },
    [`_dmarc.${south.domain}`]: { TXT: ['v=DMARC1; p=quarantine'] },
    // No MX: the address of the name itself is where mail goes (RFC 5321 §5.1).
    [`no-mx.${south.domain}`]: { A: [south.ip] },
    // The null MX says that the name takes no mail (RFC 7505).
    [`null-mx.${south.domain}`]: { MX: ['0 .'], A: [south.ip] },
    // The first exchange is down, the second is not.
    [`backup.${south.domain}`]: { MX: [`10 down.${south.domain}`, `20 ${south.host}`] },
    [`down.${south.domain}`]: { A: ['203.0.113.29'] },

    // Mail goes to the same server, and over TLS only.
    [strict.domain]: { MX: [`10 ${south.host}`] },
    [`_mta-sts.${strict.domain}`]: { TXT: ['v=STSv1; id=20261101;'] },
    [strict.policyHost]: { A: [strict.policyIp] },

    [forwarder.domain]: { MX: [`10 ${forwarder.host}`], TXT: [`v=spf1 ip4:${forwarder.ip} -all`] },
    [forwarder.host]: { A: [forwarder.ip], TXT: ['v=spf1 a -all'] },
    [lists.domain]: { MX: [`10 ${lists.host}`], TXT: [`v=spf1 ip4:${lists.ip} -all`] },
    [lists.host]: { A: [lists.ip], TXT: ['v=spf1 a -all'] },
    [stranger.host]: { A: [stranger.ip] },
  }
  for (const { name, value } of keys) zone[name] = { TXT: [value] }
  for (const { host, ip } of Object.values(places)) {
    zone[`${ip.split('.').reverse().join('.')}.in-addr.arpa`] = { PTR: [host] }
  }
  return zone
}

/** The names that the lab's DNS server answers for; everything else it refuses. */
export const labOrigins: readonly string[] = [
  'north.example',
  'south.example',
  'forwarder.example',
  'lists.example',
  'stranger.example',
  '2.0.192.in-addr.arpa',
  '100.51.198.in-addr.arpa',
  '113.0.203.in-addr.arpa',
]
