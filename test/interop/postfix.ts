import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeyedCertificate } from '../../src/io/certificates.ts'
import type { Lifetime } from './clean-up.ts'
import { freePort, ownAddress } from './loopback.ts'
import { program } from './peers.ts'
import { run, Running, shortFolder } from './processes.ts'
import { until } from './until.ts'

/** The programs of Postfix that these tests use. */
export const postfixPrograms: readonly string[] = [
  'postfix',
  'postconf',
  'postcat',
  'smtp-source',
  'smtp-sink',
]

export interface PostfixOptions {
  /** Its name: `mx.south.example`. */
  readonly hostname: string
  /** Lines of main.cf beside those that make it private and quiet. */
  readonly settings: readonly string[]
  /** Options of its smtpd. */
  readonly smtpd?: readonly string[]
  readonly tls?: KeyedCertificate
  /** PEM of the authority it trusts, when it shall verify. */
  readonly trusts?: string
  /** Lines of master.cf for services beside its own. */
  readonly services?: readonly string[]
  /** The command that starts it, when it needs surroundings of its own: `unshare --net`. */
  readonly inside?: readonly string[]
}

/** A Postfix of this test alone: own configuration, queue, data, log and address. */
export interface Postfix {
  readonly ip: string
  readonly port: number
  /** The process that all its others come from. */
  readonly pid: number
  /** Its log so far. */
  log(): Promise<string>
  /** Waits for words in its log. */
  logged(words: RegExp): Promise<RegExpExecArray>
  /** Waits until so many messages are on hold, and gives them whole, with their envelopes. */
  held(count: number): Promise<readonly HeldMessage[]>
  /** Waits until nothing is on its way through its queue. */
  idle(): Promise<void>
  /** Waits until all that is left in its queue waits for another try. */
  resting(): Promise<void>
  /** Has it try all that waits. */
  flush(): Promise<void>
}

export interface HeldMessage {
  /** Envelope records as postcat prints them. */
  readonly envelope: string
  /** Header and body, LF line ends. */
  readonly text: string
}

/**
 * Starts a private Postfix in a temporary folder; its smtpd listens on an address of its own. Needs
 * root. It is stopped and removed with the test.
 */
export async function openPostfix(t: Lifetime, options: PostfixOptions): Promise<Postfix> {
  const folder = await shortFolder(t)
  const ip = ownAddress()
  const port = await freePort(ip)
  for (const name of ['c', 'q', 'd']) await mkdir(join(folder, name), { mode: 0o755 })
  await run('chown', ['postfix', join(folder, 'd')])
  const tls = await tlsSettings(folder, options)
  const config = join(folder, 'c')
  await writeFile(
    join(config, 'main.cf'),
    mainCf(folder, ip, [...tls, ...options.settings], options),
  )
  await writeFile(join(config, 'master.cf'), masterCf(`${ip}:${port}`, options))
  // Makes the folders of the queue.
  const checked = await run('postfix', ['-c', config, 'check'])
  if (checked.code !== 0) throw new Error(`postfix check: ${checked.stderr}`)
  const daemons = (await run('postconf', ['-c', config, '-h', 'daemon_directory'])).stdout.trim()
  const master = [join(daemons, 'master'), '-c', config, '-d'] as const
  const [first, ...rest] = [...(options.inside ?? []), ...master]
  const running = new Running(t, first, rest)
  const logFile = join(folder, 'log')
  const log = (): Promise<string> => readFile(logFile, 'latin1').catch(() => '')
  const logged = (words: RegExp): Promise<RegExpExecArray> =>
    running.until(words, log).catch(async (problem: unknown) => {
      throw new Error(`${String(problem)}\n${await log()}`, { cause: problem })
    })
  await logged(/daemon started/)
  return {
    ip,
    port,
    pid: running.pid,
    log,
    logged,
    held: (count) => heldMessages(folder, count),
    idle: () => emptyQueue(folder, ['maildrop', 'incoming', 'active', 'deferred']),
    resting: () => emptyQueue(folder, ['maildrop', 'incoming', 'active']),
    async flush() {
      const { code, stderr } = await run('postqueue', ['-c', config, '-f'])
      if (code !== 0) throw new Error(`postqueue -f: ${stderr}`)
    },
  }
}

function mainCf(
  folder: string,
  ip: string,
  settings: readonly string[],
  { hostname }: PostfixOptions,
): string {
  return `compatibility_level = 3.6
queue_directory = ${folder}/q
data_directory = ${folder}/d
maillog_file = ${folder}/log
maillog_file_prefixes = ${folder}
myhostname = ${hostname}
inet_interfaces = 127.0.0.1
smtp_bind_address = ${ip}
inet_protocols = ipv4
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
# Nothing here asks the machine's resolver.
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
biff = no
in_flow_delay = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
${settings.join('\n')}
`
}

/** The services that are needed, none in a chroot: the folder has no copies of system files. */
function masterCf(place: string, { smtpd = [], services = [] }: PostfixOptions): string {
  const service = (name: string, kind: string, wake: string, most: string, command: string) =>
    `${name} unix ${kind} - n ${wake} ${most} ${command}`
  return [
    `${place} inet n - n - - smtpd`,
    ...smtpd.map((option) => `  -o { ${option} }`),
    service('pickup', 'n', '60', '1', 'pickup'),
    service('cleanup', 'n', '-', '0', 'cleanup'),
    service('qmgr', 'n', '300', '1', 'qmgr'),
    service('tlsmgr', '-', '1000?', '1', 'tlsmgr'),
    ...['rewrite trivial-rewrite', 'verify verify', 'error error', 'retry error'].map((line) => {
      const [name = '', command = ''] = line.split(' ')
      return service(name, '-', '-', name === 'verify' ? '1' : '-', command)
    }),
    service('bounce', '-', '-', '0', 'bounce'),
    service('defer', '-', '-', '0', 'bounce'),
    service('trace', '-', '-', '0', 'bounce'),
    service('flush', 'n', '1000?', '0', 'flush'),
    service('proxymap', '-', '-', '-', 'proxymap'),
    service('smtp', '-', '-', '-', 'smtp'),
    service('discard', '-', '-', '-', 'discard'),
    service('anvil', '-', '-', '1', 'anvil'),
    service('scache', '-', '-', '1', 'scache'),
    'postlog unix-dgram n - n - 1 postlogd',
    ...services,
    '',
  ].join('\n')
}

async function tlsSettings(folder: string, options: PostfixOptions): Promise<readonly string[]> {
  const { tls, trusts } = options
  const settings: string[] = []
  if (tls !== undefined) {
    const chain = join(folder, 'c', 'tls.pem')
    await writeFile(chain, `${tls.privateKey}${tls.certificate}`, { mode: 0o600 })
    settings.push(
      `smtpd_tls_chain_files = ${chain}`,
      'smtpd_tls_security_level = may',
      'smtpd_tls_received_header = yes',
      'smtpd_tls_loglevel = 1',
    )
  }
  if (trusts !== undefined) {
    const file = join(folder, 'c', 'ca.pem')
    await writeFile(file, trusts)
    settings.push(`smtp_tls_CAfile = ${file}`, 'smtp_tls_loglevel = 1')
  }
  return settings
}

async function heldMessages(folder: string, count: number): Promise<readonly HeldMessage[]> {
  const hold = join(folder, 'q', 'hold')
  const files = await until(`${count} messages on hold`, async () => {
    const names = await readdir(hold, { recursive: true }).catch(() => [])
    // A queue file is complete when its owner may execute it.
    const found = await run('find', [hold, '-type', 'f', '-perm', '-u+x'])
    const paths = found.stdout.split('\n').filter((path) => path !== '')
    return names.length > 0 && paths.length >= count ? paths.sort() : undefined
  })
  return Promise.all(
    files.map(async (file) => {
      const config = join(folder, 'c')
      const envelope = await run('postcat', ['-c', config, '-e', file])
      const text = await run('postcat', ['-c', config, '-hb', file])
      return { envelope: envelope.stdout, text: text.stdout }
    }),
  )
}

async function emptyQueue(folder: string, queues: readonly string[]): Promise<void> {
  await until('nothing in the queue', async () => {
    const places = queues.map((name) => join(folder, 'q', name))
    const found = await run('find', [...places, '-type', 'f', '-print', '-quit'])
    return found.stdout === '' ? true : undefined
  })
}

/** Hands messages over with Postfix's own load generator. */
export async function smtpSource(place: string, args: readonly string[]): Promise<void> {
  const { code, stderr, stdout } = await run('smtp-source', [...args, place])
  if (code !== 0 || /bad|fatal/i.test(stderr)) {
    throw new Error(`${program('smtp-source')}: ${code} ${stdout}${stderr}`)
  }
}
