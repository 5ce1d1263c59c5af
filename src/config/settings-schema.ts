import { z } from 'zod'
import {
  days,
  domain,
  hostName,
  ipAddress,
  mailbox,
  network,
  passwordHash,
  port,
  seconds,
  serverPlace,
} from './setting-values.ts'
import { accountRate } from './tables/account-rate.ts'
import { bounces } from './tables/bounces.ts'
import { destination } from './tables/destination.ts'
import { route } from './tables/route.ts'
import { sender } from './tables/sender.ts'
import { source } from './tables/source.ts'
import type { AccountSettings, AliasSettings, Settings } from './settings.ts'
import { delivery } from './tables/delivery.ts'
import { mtaSts } from './tables/mta-sts.ts'
import { submission } from './tables/submission.ts'
import { suppression } from './tables/suppression.ts'

/*
 * Every setting of `waybill.toml`: key, type, default and one sentence. The parser, the error
 * messages and `docs/config.md` all come from this one schema.
 */

const listen = z.strictObject({
  address: ipAddress
    .default('0.0.0.0')
    .describe('Address to listen on; "::" is every IPv4 and IPv6 address.'),
  own_addresses: z
    .array(ipAddress)
    .default([])
    .describe('Addresses of this server that no interface of it has: those of a NAT before it.'),
  smtp: port.default(25).describe('Port for mail from other servers (RFC 5321).'),
  submission: port.default(587).describe('Port for your users, with STARTTLS (RFC 6409).'),
  submissions: port.default(465).describe('Port for your users, with TLS at once (RFC 8314).'),
})

const tls = z.strictObject({
  certificate: z.string().optional().describe('File with the certificate chain, PEM.'),
  key: z.string().optional().describe('File with its private key, PEM.'),
  static_rsa: z
    .boolean()
    .default(false)
    .describe('On port 25, also take TLS 1.2 without forward secrecy, from servers that are old.'),
  authorities: z
    .array(z.string())
    .default([])
    .describe(
      'Files with certificates of authorities, PEM, that are trusted when other servers are called, beside those that Node trusts.',
    ),
})

const dns = z.strictObject({
  servers: z
    .array(serverPlace)
    .default([])
    .describe('Resolvers to ask; empty means those of /etc/resolv.conf.'),
  trust_ad: z
    .boolean()
    .default(false)
    .describe(
      'Believe the AD bit (DNSSEC) of a resolver on loopback; `options trust-ad` in resolv.conf is kept.',
    ),
  timeout_ms: z.int().min(50).max(60_000).default(3000).describe('How long one query may take.'),
  questions: z
    .int()
    .min(8, 'must be at least 8')
    .max(10_000)
    .default(256)
    .describe('Most questions to resolvers at once; an eighth is kept for our own.'),
  questions_per_address: z
    .int()
    .min(1)
    .default(32)
    .describe('Of these for one client address; its network (/24) has twice as many.'),
})

const limits = z.strictObject({
  message_bytes: z
    .int()
    .min(65_536, 'must be at least 65536 (RFC 5321 §4.5.3.1.7)')
    .default(52_428_800)
    .describe('Largest message taken, in octets (SIZE).'),
  recipients: z
    .int()
    .min(100, 'must be at least 100 (RFC 5321 §4.5.3.1.8)')
    .default(1000)
    .describe('Most recipients of one message.'),
  connections: z.int().min(1).default(2000).describe('Most connections at once, each listener.'),
  connections_per_address: z
    .int()
    .min(1)
    .default(50)
    .describe('Most connections at once from one address; twice as many from its network.'),
  connections_per_account: z
    .int()
    .min(1)
    .default(100)
    .describe('Most connections at once that are logged in to one account, from anywhere.'),
  connections_per_minute: z
    .int()
    .min(1)
    .default(300)
    .describe('Most new connections a minute from one address; twice as many from its network.'),
  wrong_passwords: z
    .int()
    .min(3)
    .default(20)
    .describe('Wrong passwords after which no login from that address is heard for a while.'),
  refused_recipients: z
    .int()
    .min(10)
    .default(100)
    .describe('Refused recipients after which no mail from that address is heard for a while.'),
  forget_seconds: seconds
    .default(3600)
    .describe('How long wrong passwords and refused recipients count.'),
  memory_bytes: z
    .int()
    .min(16_777_216, 'must be at least 16777216 (16 MiB)')
    .default(134_217_728)
    .describe('Memory for letters while they come in, all together; one network has a quarter.'),
  exempt: z
    .array(network)
    .default([])
    .describe('Addresses and networks that are not counted, such as "192.0.2.0/24".'),
  errors: z.int().min(3).default(20).describe('Errors in one session before it is closed.'),
  received_fields: z.int().min(30).default(100).describe('Received fields before it is a loop.'),
  threads: z
    .int()
    .min(0)
    .max(64)
    .default(0)
    .describe(
      'Threads that speak SMTP and judge letters: 0 is one for each core, 8 at most; with 1 the main thread does it.',
    ),
})

const receive = z.strictObject({
  trusted_forwarders: z
    .array(domain)
    .default([])
    .describe('Domains that forward mail for your users; SPF or a signature must vouch for them.'),
  mailing_lists: z
    .array(domain)
    .default([])
    .describe('Domains of mailing lists your users are on; their own signature must pass.'),
  allow: z.array(domain).default([]).describe('Author domains taken in whatever DMARC says.'),
  on_temperror: z
    .enum(['deliver', 'defer'])
    .default('deliver')
    .describe(
      'When DNS of a domain did not answer DMARC: take the message, or answer 451. A decision that hangs on what could not be asked, because no DNS server answers or no question is free, is 451 in any case.',
    ),
  on_own_domain: z
    .enum(['junk', 'deliver'])
    .default('junk')
    .describe(
      'Mail from outside in the name of your own domains that neither SPF nor DKIM of theirs vouches for: file it as spam whatever DMARC says, or only say so.',
    ),
  on_missing_domain: z
    .enum(['junk', 'deliver'])
    .default('deliver')
    .describe(
      'Mail whose author domain does not exist, or has neither MX nor address: file it as spam, or only say so.',
    ),
  on_spf_fail: z
    .enum(['junk', 'deliver'])
    .default('deliver')
    .describe(
      'Mail that SPF forbids (`-all`) where no DMARC policy applies: file it as spam, or only say so.',
    ),
  received_spf: z
    .boolean()
    .default(false)
    .describe('Also write a Received-SPF field; Authentication-Results has the result anyway.'),
  strict_addresses: z
    .boolean()
    .default(false)
    .describe('Refuse addresses that break RFC 5321, such as local parts over 64 octets.'),
})

const queue = z.strictObject({
  expire_seconds: seconds.default(432_000).describe('How long delivery is tried (5 days).'),
  first_retry_seconds: seconds.default(300).describe('Wait before the second attempt.'),
  longest_retry_seconds: seconds.default(14_400).describe('Longest wait that no server names.'),
  connections: z
    .int()
    .min(1)
    .default(50)
    .describe('Most outgoing connections at once, to servers that answer.'),
  slow_connections: z
    .int()
    .min(0)
    .default(150)
    .describe('And beside them as many to servers that let 5 seconds pass without an answer.'),
  site_connections: z
    .int()
    .min(1)
    .default(10)
    .describe(
      'Most outgoing connections at once to one site, the mail servers of one or many domains.',
    ),
  allow_networks: z
    .array(network)
    .default([])
    .describe(
      'Networks that mail may be taken to though they are private or otherwise not of the internet, such as "10.0.0.0/8".',
    ),
})

const retention = z.strictObject({
  journey_days: days
    .min(3, 'must be at least 3 days: reports tell of the days before')
    .default(90)
    .describe('How long journeys are kept; those whose mail still waits stay longer.'),
  scan_days: days.default(1).describe('How long connections are kept that brought no letter.'),
  refused_days: days
    .default(7)
    .describe('How long the content of refused letters is kept, to decide them again.'),
  refused_bytes: z
    .int()
    .min(0)
    .default(67_108_864)
    .describe('Most content of refused letters in all, in octets; the oldest goes first.'),
  refused_bytes_each: z
    .int()
    .min(0)
    .max(1_048_576)
    .default(262_144)
    .describe('Content kept of one refused letter, in octets; the header is always kept whole.'),
  strangers_percent: z
    .int()
    .min(1)
    .max(50)
    .default(10)
    .describe('Share of the disk that strangers may use without giving us mail, in percent.'),
})

const dkim = z.strictObject({
  selector: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?$/, 'is not a selector: letters, digits, hyphens')
    .default('wb1')
    .describe('Selector of the RSA key; the Ed25519 key has it with "-ed" behind.'),
  algorithms: z
    .array(z.enum(['rsa', 'ed25519']))
    .default(['rsa', 'ed25519'])
    .describe('Keys that letters are signed with; none where the next server signs them.'),
})

const log = z.strictObject({
  format: z
    .enum(['text', 'json'])
    .default('text')
    .describe('How lines of the log on standard error are written; `--log` overrides it.'),
})

const reports = z.strictObject({
  aggregate: z
    .boolean()
    .default(true)
    .describe('Send DMARC aggregate reports to domains that ask for them, once a day.'),
  tls: z
    .boolean()
    .default(true)
    .describe('Send TLS reports to domains that ask for them (RFC 8460), once a day.'),
  failure: z
    .boolean()
    .default(false)
    .describe('Send a report of each failed message to domains that ask for it (`ruf=`).'),
  failure_content: z
    .enum(['header', 'message'])
    .default('header')
    .describe('What it shows: the header, recipients made unreadable, or the message as it came.'),
  failure_per_destination: z
    .int()
    .min(1)
    .default(20)
    .describe('Most failure reports a day about one domain, and to one address.'),
  failure_per_day: z.int().min(1).default(500).describe('Most failure reports a day in all.'),
  from: mailbox
    .optional()
    .describe('Author of the reports; postmaster at your first domain when absent.'),
})

const http = z.strictObject({
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(8025)
    .describe('Port of the page and of the HTTP API; `0` closes them.'),
  address: ipAddress
    .default('127.0.0.1')
    .describe('Address that they listen on. There is no TLS: let others in by a proxy before it.'),
  hosts: z
    .array(hostName)
    .default([])
    .describe('Further names under which a browser may ask for them, beside localhost.'),
  proxies: z
    .array(network)
    .default([])
    .describe('Proxies whose X-Forwarded-For and -Proto are believed, such as "127.0.0.1".'),
})

/** One table `[[account]]`. */
export const account: z.ZodObject & z.ZodType<AccountSettings> = z.strictObject({
  address: mailbox.describe('The mail address, which is also the login.'),
  password_hash: passwordHash
    .optional()
    .describe('Made by `waybill account hash`; without it the account only receives.'),
  aliases: z
    .array(mailbox)
    .default([])
    .describe('Further addresses of the account; "*@example.com" catches the rest of a domain.'),
  forward: z
    .array(mailbox)
    .optional()
    .describe('Addresses of other servers that get a copy of its mail; it keeps its own.'),
})

/** One table `[[alias]]`. */
export const alias: z.ZodObject & z.ZodType<AliasSettings> = z.strictObject({
  address: mailbox.describe('An address that leads to several accounts, or to other aliases.'),
  to: z
    .array(mailbox)
    .min(1, 'needs at least one address')
    .describe('Where it leads: accounts, other aliases, or addresses of other servers.'),
  send: z
    .boolean()
    .default(false)
    .describe('Whether those whom it leads to may also send as this address.'),
})

/** The whole of `waybill.toml`. */
export const schema: z.ZodType<Settings> & {
  readonly shape: { readonly [K in keyof Settings]: z.ZodType<Settings[K]> }
} = z.strictObject({
  hostname: domain.describe('Name of this server, as its A/AAAA and PTR records have it.'),
  domains: z.array(domain).min(1, 'needs at least one domain').describe('Domains you receive for.'),
  data: z.string().default('./.waybill').describe('Folder for the store and the keys.'),
  listen: listen.prefault({}),
  tls: tls.prefault({}),
  dns: dns.prefault({}),
  limits: limits.prefault({}),
  receive: receive.prefault({}),
  submission: submission.prefault({}),
  queue: queue.prefault({}),
  delivery: delivery.prefault({}),
  mta_sts: mtaSts.prefault({}),
  suppression: suppression.prefault({}),
  bounces: bounces.prefault({}),
  account_rate: accountRate.prefault({}),
  retention: retention.prefault({}),
  dkim: dkim.prefault({}),
  log: log.prefault({}),
  reports: reports.prefault({}),
  http: http.prefault({}),
  route: z.array(route).default([]),
  destination: z.array(destination).default([]),
  sender: z.array(sender).default([]),
  source: z.array(source).default([]),
  account: z.array(account).default([]),
  alias: z.array(alias).default([]),
})

/** The tables of the file, for looking up which keys one has. */
export const tables: Readonly<Record<string, z.ZodObject>> = {
  listen,
  tls,
  dns,
  limits,
  receive,
  submission,
  queue,
  delivery,
  mta_sts: mtaSts,
  suppression,
  bounces,
  account_rate: accountRate,
  retention,
  dkim,
  log,
  reports,
  http,
  route,
  destination,
  sender,
  source,
  account,
  alias,
}
