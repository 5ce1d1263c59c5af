import { z } from 'zod'
import { parseDomain } from '../address/domain.ts'
import { formatMailbox, parseMailbox } from '../address/mailbox.ts'
import { parseIp, parseNetwork } from '../base/ip.ts'

/** The settings as the program uses them, defaults filled in. Sizes in octets, times as named. */
export interface Settings {
  readonly hostname: string
  readonly domains: string[]
  readonly data: string
  readonly listen: {
    readonly address: string
    readonly own_addresses: string[]
    readonly smtp: number
    readonly submission: number
    readonly submissions: number
  }
  readonly tls: {
    readonly certificate?: string | undefined
    readonly key?: string | undefined
    readonly static_rsa: boolean
  }
  readonly dns: {
    readonly servers: string[]
    readonly trust_ad: boolean
    readonly timeout_ms: number
    readonly questions: number
    readonly questions_per_address: number
  }
  readonly limits: {
    readonly message_bytes: number
    readonly recipients: number
    readonly connections: number
    readonly connections_per_address: number
    readonly connections_per_minute: number
    readonly wrong_passwords: number
    readonly refused_recipients: number
    readonly forget_seconds: number
    readonly memory_bytes: number
    readonly exempt: string[]
    readonly errors: number
    readonly received_fields: number
  }
  readonly receive: {
    readonly trusted_forwarders: string[]
    readonly mailing_lists: string[]
    readonly allow: string[]
    readonly on_temperror: 'deliver' | 'defer'
    readonly on_own_domain: 'junk' | 'deliver'
    readonly on_missing_domain: 'junk' | 'deliver'
    readonly on_spf_fail: 'junk' | 'deliver'
    readonly received_spf: boolean
    readonly strict_addresses: boolean
  }
  readonly queue: {
    readonly expire_seconds: number
    readonly first_retry_seconds: number
    readonly longest_retry_seconds: number
    readonly connections: number
    readonly slow_connections: number
    readonly allow_networks: string[]
  }
  readonly retention: {
    readonly journey_days: number
    readonly scan_days: number
    readonly refused_days: number
    readonly refused_bytes: number
    readonly refused_bytes_each: number
    readonly strangers_percent: number
  }
  readonly dkim: { readonly selector: string }
  readonly log: { readonly format: 'text' | 'json' }
  readonly reports: {
    readonly aggregate: boolean
    readonly failure: boolean
    readonly failure_content: 'header' | 'message'
    readonly failure_per_destination: number
    readonly failure_per_day: number
    readonly from?: string | undefined
  }
  readonly account: AccountSettings[]
  readonly alias: AliasSettings[]
}

export interface AccountSettings {
  readonly address: string
  readonly password_hash?: string | undefined
  readonly aliases: string[]
}

export interface AliasSettings {
  readonly address: string
  readonly to: string[]
  readonly send: boolean
}

/*
 * Every setting of `waybill.toml`: key, type, default and one sentence. The parser, the error
 * messages and `docs/config.md` all come from this one schema.
 */

/** Reads a text once, here: what the program gets is the one form that it compares and asks with. */
function normalized(read: (text: string) => string | undefined, error: string) {
  return z.string().transform((text, context) => {
    const value = read(text)
    if (value !== undefined) return value
    context.addIssue({ code: 'custom', message: error })
    return z.NEVER
  })
}

const domain = normalized(parseDomain, 'is not a domain name, such as "example.com"')
const mailbox = normalized(normalMailbox, 'is not a mail address, such as "you@example.com"')
const port = z.int().min(0, 'is not a port: 0 to 65535').max(65_535, 'is not a port: 0 to 65535')
const seconds = z.int().min(1, 'must be at least 1 second')
const serverPlace = z.string().refine(
  (text) => {
    const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text)
    return match !== null && parseIp(match[1] ?? match[2] ?? '') !== undefined
  },
  { error: 'is not an address with an optional port, such as "127.0.0.1:53" or "[::1]:53"' },
)

const network = z.string().refine((text) => parseNetwork(text) !== undefined, {
  error: 'is not an address or a network, such as "192.0.2.0/24" or "2001:db8::/32"',
})

const address = z.string().refine((text) => parseIp(text) !== undefined, {
  error: 'is not an IP address',
})

const listen = z.strictObject({
  address: z
    .string()
    .refine((text) => parseIp(text) !== undefined, { error: 'is not an IP address' })
    .default('0.0.0.0')
    .describe('Address to listen on; "::" is every IPv4 and IPv6 address.'),
  own_addresses: z
    .array(address)
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
      'When DNS of a domain did not answer DMARC: take the message, or answer 451. When no DNS server answers, or no question is free, the answer is always 451.',
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
  longest_retry_seconds: seconds.default(14_400).describe('Longest wait between attempts.'),
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
  allow_networks: z
    .array(network)
    .default([])
    .describe(
      'Networks that mail may be taken to though they are private or otherwise not of the internet, such as "10.0.0.0/8".',
    ),
})

const days = z.int().min(1, 'must be at least 1 day').max(36_500, 'must be at most 36500 days')

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

const account = z.strictObject({
  address: mailbox.describe('The mail address, which is also the login.'),
  password_hash: z
    .string()
    .startsWith('$argon2id$', 'is not a hash made by `waybill account hash`')
    .optional()
    .describe('Made by `waybill account hash`; without it the account only receives.'),
  aliases: z
    .array(mailbox)
    .default([])
    .describe('Further addresses of the account; "*@example.com" catches the rest of a domain.'),
})

const alias = z.strictObject({
  address: mailbox.describe('An address that leads to several accounts, or to another domain.'),
  to: z
    .array(mailbox)
    .min(1, 'needs at least one address')
    .describe('Where it leads: addresses of accounts, or other aliases.'),
  send: z
    .boolean()
    .default(false)
    .describe('Whether those whom it leads to may also send as this address.'),
})

/** The whole of `waybill.toml`. */
const schema = z.strictObject({
  hostname: domain.describe('Name of this server, as its A/AAAA and PTR records have it.'),
  domains: z.array(domain).min(1, 'needs at least one domain').describe('Domains you receive for.'),
  data: z.string().default('./.waybill').describe('Folder for the store and the keys.'),
  listen: listen.prefault({}),
  tls: tls.prefault({}),
  dns: dns.prefault({}),
  limits: limits.prefault({}),
  receive: receive.prefault({}),
  queue: queue.prefault({}),
  retention: retention.prefault({}),
  dkim: dkim.prefault({}),
  log: log.prefault({}),
  reports: reports.prefault({}),
  account: z.array(account).default([]),
  alias: z.array(alias).default([]),
})

/** The tables of the file, for looking up which keys one has. */
const tables: Readonly<Record<string, z.ZodObject>> = {
  listen,
  tls,
  dns,
  limits,
  receive,
  queue,
  retention,
  dkim,
  log,
  reports,
  account,
  alias,
}

/** Checks a table read from TOML and fills in the defaults. */
export function checkSettings(table: unknown): z.ZodSafeParseResult<Settings> {
  return schema.safeParse(table)
}

/** Of settings with problems: what is in order. */
export interface ReadableSettings {
  readonly hostname: string | undefined
  readonly domains: Settings['domains'] | undefined
  readonly data: string | undefined
  readonly listen: Settings['listen'] | undefined
  readonly tls: Settings['tls'] | undefined
  /** In their order, `undefined` where one is not. */
  readonly accounts: readonly (AccountSettings | undefined)[]
  readonly aliases: readonly (AliasSettings | undefined)[]
}

/** Reads each part of a table alone, so that problems between parts are told in one round too. */
export function readableSettings(table: unknown): ReadableSettings {
  const { hostname, domains, data, listen: ports, tls: files } = schema.shape
  const found = Object.entries(z.looseObject({}).safeParse(table).data ?? {})
  const part = <T>(type: z.ZodType<T>, name: string): T | undefined => {
    return type.safeParse(found.find(([key]) => key === name)?.[1]).data
  }
  const list = <T>(type: z.ZodType<T>, name: string): readonly (T | undefined)[] => {
    const elements = part(z.array(z.unknown()), name) ?? []
    return elements.map((element) => type.safeParse(element).data)
  }
  return {
    hostname: part(hostname, 'hostname'),
    domains: part(domains, 'domains'),
    data: part(data, 'data'),
    listen: part(ports, 'listen'),
    tls: part(files, 'tls'),
    accounts: list(account, 'account'),
    aliases: list(alias, 'alias'),
  }
}

/** The keys known in one table of the file, or at its top when `table` is undefined. */
export function settingKeys(table?: string): readonly string[] {
  if (table === undefined) return Object.keys(schema.shape)
  return Object.keys(tables[table]?.shape ?? {})
}

/** One line of the settings' reference. */
export interface SettingInfo {
  readonly key: string
  readonly default: string
  readonly sentence: string
}

/** Every setting with its default and its sentence, in the order of the file. */
export function describeSettings(): readonly SettingInfo[] {
  return Object.entries(schema.shape).flatMap(([key, type]) => {
    const table = tables[key]
    if (table === undefined) return [info(key, type)]
    const prefix = key === 'account' || key === 'alias' ? `${key}[]` : key
    return Object.entries(table.shape).map(([name, inside]) => info(`${prefix}.${name}`, inside))
  })
}

/** An address with its domain in A-labels and lower case; the local part keeps its case. */
function normalMailbox(text: string): string | undefined {
  const read = parseMailbox(text)
  return read.ok ? formatMailbox(read.value) : undefined
}

function info(key: string, type: z.core.$ZodType): SettingInfo {
  const sentence = z.globalRegistry.get(type)?.description ?? ''
  const empty = z.safeParse(type, undefined)
  const value = empty.success ? JSON.stringify(empty.data ?? null) : 'required'
  return { key, default: value === 'null' ? 'none' : value, sentence }
}
