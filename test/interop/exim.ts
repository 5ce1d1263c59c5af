import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { KeyedCertificate } from '../../src/io/certificates.ts'
import { freePort, ownAddress } from './loopback.ts'
import { unpackedPeers } from './peers.ts'
import { type Finished, run, Running, shortFolder } from './processes.ts'

/** Exim cannot be installed beside Postfix; `.ci/run` unpacks it. */
export const eximProgram = join(unpackedPeers, 'exim4/usr/sbin/exim4')

/** The user that Debian's Exim was built for. */
export const eximUser = 'Debian-exim'

export interface EximOptions {
  readonly hostname: string
  readonly tls: KeyedCertificate
  /** PEM of the authority it trusts. */
  readonly trusts: string
  /** Domains whose mail it keeps; all other mail goes to `smarthost`. */
  readonly keeps: readonly string[]
  readonly smarthost: { readonly ip: string; readonly port: number }
  /** Signs what it sends (Exim has DKIM of its own). */
  readonly dkim?: {
    readonly domain: string
    readonly selector: string
    readonly privateKey: string
    readonly canonicalization: 'simple' | 'relaxed'
  }
}

/** An Exim of this test alone. */
export interface Exim {
  readonly ip: string
  readonly port: number
  /** Hands a message to it, to be sent at once. */
  send(from: string, to: readonly string[], message: string): Promise<Finished>
  /** What it kept: whole messages in mbox form, LF line ends. */
  kept(): Promise<string>
  log(): Promise<string>
  /** Waits for words in its log. */
  logged(words: RegExp): Promise<RegExpExecArray>
}

/** Starts a private Exim in a temporary folder, on an address of its own. Needs root. */
export async function openExim(t: TestContext, options: EximOptions): Promise<Exim> {
  const folder = await shortFolder(t)
  const ip = ownAddress()
  const port = await freePort(ip)
  for (const name of ['spool', 'log', 'mail']) await mkdir(join(folder, name))
  const { tls, trusts, dkim } = options
  await writeFile(join(folder, 'cert.pem'), tls.certificate)
  await writeFile(join(folder, 'key.pem'), tls.privateKey, { mode: 0o640 })
  await writeFile(join(folder, 'ca.pem'), trusts)
  if (dkim !== undefined) {
    await writeFile(join(folder, 'dkim.pem'), dkim.privateKey, { mode: 0o640 })
  }
  const config = join(folder, 'exim.conf')
  await run('chown', ['-R', eximUser, folder])
  await writeFile(config, configuration(folder, ip, options))
  const args = ['-C', config]
  const running = new Running(t, eximProgram, [...args, '-bdf', '-oX', `${ip}.${port}`])
  const read = (name: string): Promise<string> =>
    readFile(join(folder, name), 'latin1').catch(() => '')
  const log = async (): Promise<string> => (await read('log/main')) + (await read('log/panic'))
  const logged = (words: RegExp): Promise<RegExpExecArray> =>
    running.until(words, log).catch(async (problem: unknown) => {
      throw new Error(`${String(problem)}\n${await log()}`, { cause: problem })
    })
  await logged(/daemon started/)
  return {
    ip,
    port,
    send: (from, to, message) =>
      run(eximProgram, [...args, '-odi', '-oi', '-f', from, ...to], { input: message }),
    kept: () => read('mail/box'),
    log,
    logged,
  }
}

function configuration(folder: string, ip: string, options: EximOptions): string {
  const { hostname, keeps, smarthost, dkim } = options
  const signing =
    dkim === undefined
      ? ''
      : `dkim_domain = ${dkim.domain}
  dkim_selector = ${dkim.selector}
  dkim_private_key = ${folder}/dkim.pem
  dkim_canon = ${dkim.canonicalization}
  dkim_strict = true`
  return `primary_hostname = ${hostname}
# It starts itself for each delivery.
exim_path = ${eximProgram}
spool_directory = ${folder}/spool
log_file_path = ${folder}/log/%s
log_selector = +tls_peerdn +smtp_confirmation
pid_file_path = ${folder}/spool/pid
keep_environment =
# Nothing here asks the machine's resolver.
host_lookup =
rfc1413_hosts =
smtp_accept_max = 100
tls_advertise_hosts = *
tls_certificate = ${folder}/cert.pem
tls_privatekey = ${folder}/key.pem
acl_smtp_connect = connect
acl_smtp_rcpt = recipient
acl_smtp_data = accept
prdr_enable = true
never_users =
trusted_users = root
queue_run_max = 1

begin acl
connect:
  accept control = dkim_disable_verify
recipient:
  deny local_parts = gone
       message = 5.1.1 Nobody of that name
  defer local_parts = full
       message = 4.2.2 The mailbox is full
  accept

begin routers
here:
  driver = accept
  domains = ${keeps.join(' : ')}
  transport = box
away:
  driver = manualroute
  domains = !${keeps.join(' : !')}
  route_list = * ${smarthost.ip}
  self = send
  transport = away

begin transports
box:
  driver = appendfile
  file = ${folder}/mail/box
  envelope_to_add
  return_path_add
  user = ${eximUser}
away:
  driver = smtp
  port = ${smarthost.port}
  interface = ${ip}
  hosts_require_tls = *
  tls_verify_certificates = ${folder}/ca.pem
  tls_verify_hosts = *
  tls_verify_cert_hostnames =
  ${signing}
`
}
