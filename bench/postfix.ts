/**
 * The peer of the accepts: Postfix with the three filters that do what Waybill does by itself.
 * OpenDKIM and OpenDMARC are milters, policyd-spf is a policy service; letters go to discard(8).
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../src/io/clock.ts'
import { openDnsServer } from '../src/io/dns-server.ts'
import { atTheEnd, type Lifetime } from '../test/interop/clean-up.ts'
import { ownAddress } from '../test/interop/loopback.ts'
import { openDkimMilter } from '../test/interop/opendkim.ts'
import { missingOf, program } from '../test/interop/peers.ts'
import { openPostfix, type Postfix, postfixPrograms, smtpSource } from '../test/interop/postfix.ts'
import { run, shortFolder } from '../test/interop/processes.ts'
import type { Acceptor } from './measured.ts'
import { senderZone, signedLetterOf } from './letters.ts'
import { openDmarcMilter } from './opendmarc.ts'

const hostname = 'mx.perf.example'
const domain = 'perf.example'
/** Letters to this one go the same way, and stay where they can be read. */
const held = `held@${domain}`

const packages = 'postfix opendkim opendmarc postfix-policyd-spf-python'

/** Why Postfix alone cannot be measured here, in a line; `undefined` when it can. */
export function missingForPostfix(): string | undefined {
  return missingOf({ programs: ['unshare', ...postfixPrograms] }) ?? missingOf({ root: true })
}

/** Why Postfix with its filters cannot be measured here, in a line; `undefined` when it can. */
export function missingForFilters(): string | undefined {
  const filters = ['opendkim', 'opendmarc', 'policyd-spf']
  const missing = missingForPostfix() ?? missingOf({ programs: filters, users: ['policyd-spf'] })
  if (missing === undefined || process.getuid?.() !== 0) return missing
  return `${missing} (apt-get install --no-install-recommends ${packages})`
}

/**
 * Starts Postfix with its filters. Needs root.
 *
 * @throws Error when the filters do not say `pass` three times of a letter that is as it should be
 */
export async function openPostfixWithFilters(bench: Lifetime): Promise<Acceptor> {
  const folder = await shortFolder(bench)
  const zone = senderZone('127.0.0.1')
  const inside = await ownResolver(bench, folder, zone)
  const records = Object.fromEntries(
    Object.entries(zone).map(([name, { TXT }]) => [name, TXT.join('')]),
  )
  // Its own resolver library refuses servers on loopback: it gets the records in a file.
  const dkim = await openDkimMilter(bench, { hostname, task: { mode: 'verify', records } })
  const dmarc = await openDmarcMilter(bench, { hostname, inside })
  const policy = join(folder, 'policyd-spf.conf')
  await writeFile(
    policy,
    [
      'debugLevel = 0',
      'TestOnly = 1',
      'HELO_reject = False',
      'Mail_From_reject = Fail',
      // Otherwise it does not look at clients on loopback.
      'skip_addresses = 192.0.2.255',
      'Header_Type = SPF',
      '',
    ].join('\n'),
  )
  const postfix = await openPostfix(bench, {
    hostname,
    inside,
    settings: [
      `relay_domains = ${domain}`,
      'relay_transport = discard',
      'default_transport = discard',
      `smtpd_recipient_restrictions = check_recipient_access inline:{${held}=HOLD}, reject_unauth_destination, check_policy_service unix:private/policyd-spf`,
      'policyd-spf_time_limit = 3600',
      `smtpd_milters = ${dkim.place}, ${dmarc.place}`,
      // A filter that is not there is seen at once.
      'milter_default_action = tempfail',
    ],
    services: [
      `policyd-spf unix - n n - 0 spawn user=policyd-spf argv=${program('policyd-spf')} ${policy}`,
    ],
  })
  await prove(postfix, folder)
  const name = `${await named()} with OpenDKIM, OpenDMARC and policyd-spf`
  return acceptor(name, postfix, [dkim.pid, dmarc.pid])
}

/** Starts a Postfix that takes letters for perf.example, checks nothing of them, and discards them. */
export async function openPlainPostfix(bench: Lifetime): Promise<Acceptor> {
  const postfix = await openPostfix(bench, {
    hostname,
    settings: [
      `relay_domains = ${domain}`,
      'relay_transport = discard',
      'default_transport = discard',
      'smtpd_recipient_restrictions = reject_unauth_destination',
    ],
  })
  return acceptor(`${await named()} that checks nothing`, postfix)
}

/** Starts a Postfix that hands all mail on to one host, unsigned and in clear text. */
export async function openRelayingPostfix(
  bench: Lifetime,
  next: { readonly host: string; readonly port: number },
): Promise<Acceptor & { flush(): Promise<void> }> {
  const postfix = await openPostfix(bench, {
    hostname,
    settings: [
      `relayhost = [${next.host}]:${next.port}`,
      'default_transport = smtp',
      'smtpd_recipient_restrictions = permit_mynetworks, reject',
      // It may try again whenever it is asked to.
      'minimal_backoff_time = 1s',
      'queue_run_delay = 3600s',
    ],
  })
  const server = acceptor(`${await named()} that relays in clear text`, postfix)
  return { ...server, flush: () => postfix.flush() }
}

async function named(): Promise<string> {
  return `Postfix ${(await run('postconf', ['-d', '-h', 'mail_version'])).stdout.trim()}`
}

function acceptor(name: string, postfix: Postfix, filters: readonly number[] = []): Acceptor {
  return {
    name,
    host: postfix.ip,
    port: postfix.port,
    pids: [postfix.pid, ...filters],
    idle: () => postfix.idle(),
  }
}

/**
 * The start of a command that makes the rest of it ask a DNS server of ours: it has its own view of
 * the files, in which resolv.conf is another one. Nothing changes for anybody else.
 */
async function ownResolver(
  bench: Lifetime,
  folder: string,
  zone: ReturnType<typeof senderZone>,
): Promise<readonly string[]> {
  const dns = await openDnsServer({
    address: ownAddress(),
    // resolv.conf knows no other.
    port: 53,
    clock: systemClock,
    zones: { '': zone },
  })
  atTheEnd(bench, () => dns.close())
  const file = join(folder, 'resolv.conf')
  await writeFile(file, `nameserver ${dns.endpoint.address}\n`)
  const script = 'mount --bind "$0" "$(readlink -f /etc/resolv.conf)" && exec "$@"'
  return ['unshare', '--mount', 'sh', '-c', script, file]
}

/** Sends one letter through all of it, and reads what the filters wrote on it. */
async function prove(postfix: Postfix, folder: string): Promise<void> {
  const file = join(folder, 'proof.eml')
  const now = Math.floor(Date.now() / 1000)
  await writeFile(file, signedLetterOf(6000, 0, now).toString('latin1').replaceAll('\r\n', '\n'))
  let text = ''
  try {
    const envelope = ['-f', 'sender@sender.example', '-t', held]
    await smtpSource(`${postfix.ip}:${postfix.port}`, [...envelope, '-F', file])
    text = (await postfix.held(1))[0]?.text ?? ''
  } catch (problem) {
    const log = await postfix.log()
    throw new Error(`Postfix's filters do not let a good letter through:\n${log}`, {
      cause: problem,
    })
  }
  const header = text.slice(0, text.indexOf('\n\n')).replace(/\n[ \t]+/g, ' ')
  const wanted = {
    'dkim=pass': /^Authentication-Results: mx\.perf\.example;.*\bdkim=pass\b/m,
    'Received-SPF: Pass': /^Received-SPF: pass\b/im,
    'dmarc=pass': /^Authentication-Results: mx\.perf\.example;.*\bdmarc=pass\b/m,
  }
  for (const [words, pattern] of Object.entries(wanted)) {
    if (pattern.test(header)) continue
    throw new Error(`Postfix's filters do not say ${words} of a good letter:\n${header}`)
  }
}
