import { chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { freePort, ownAddress } from './loopback.ts'
import { unpackedPeers } from './peers.ts'
import { run, Running, shortFolder } from './processes.ts'

const unpacked = join(unpackedPeers, 'opensmtpd')

/** OpenSMTPD cannot be installed beside Postfix; `.ci/run` unpacks it. */
export const opensmtpdProgram = join(unpacked, 'usr/sbin/smtpd')

/** The users that it insists on. */
export const opensmtpdUsers = ['opensmtpd', 'opensmtpq']

/** An OpenSMTPD of this test alone, in clear text: Debian's does no handshake outside its package. */
export interface OpenSmtpd {
  readonly ip: string
  readonly port: number
  /** The letters that it has delivered, LF line ends. */
  kept(): Promise<readonly string[]>
  /** Waits for words in its log. */
  logged(words: RegExp): Promise<RegExpExecArray>
}

/**
 * Starts one which keeps the mail for a domain. It has its own view of the files, in which the folders
 * whose names are built into it are others. Needs root.
 */
export async function openOpenSmtpd(
  t: TestContext,
  { hostname, domain }: { readonly hostname: string; readonly domain: string },
): Promise<OpenSmtpd> {
  const folder = await shortFolder(t)
  const ip = ownAddress()
  const port = await freePort(ip)
  const mail = join(folder, 'mail')
  await mkdir(mail)
  const [{ uid, gid }] = [await idsOf('mail')]
  await chown(mail, uid, gid)
  await run('chmod', ['711', folder])
  const config = join(folder, 'smtpd.conf')
  await writeFile(
    config,
    [
      'smtp limit max-mails 1000',
      'smtp max-message-size 100K',
      `table people { joe@${domain} = mail, ann@${domain} = mail }`,
      `action "keep" maildir "${mail}" virtual <people>`,
      `listen on ${ip} port ${port} hostname ${hostname}`,
      `match from any for domain ${domain} action "keep"`,
      '',
    ].join('\n'),
  )
  const script = [
    'mkdir -p /usr/libexec/opensmtpd /var/spool/smtpd /var/lib/opensmtpd/empty',
    `mount --bind ${unpacked}/usr/libexec/opensmtpd /usr/libexec/opensmtpd`,
    'mount -t tmpfs none /var/spool/smtpd',
    'mount -t tmpfs none /run',
    'chmod 711 /var/spool/smtpd',
    'cd /var/spool/smtpd',
    'mkdir purge incoming queue corrupt temporary offline',
    'chown opensmtpq purge incoming queue corrupt temporary',
    'chown root:opensmtpq offline',
    'chmod 700 purge incoming queue corrupt temporary',
    'chmod 770 offline',
    `exec ${opensmtpdProgram} -d -f ${config}`,
  ].join(' && ')
  const running = new Running(t, 'unshare', [
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    'sh',
    '-c',
    script,
  ])
  await running.said(/OpenSMTPD .* starting/)
  return {
    ip,
    port,
    async kept() {
      const fresh = join(mail, 'new')
      const names = await readdir(fresh).catch(() => [])
      return Promise.all(names.map((name) => readFile(join(fresh, name), 'latin1')))
    },
    logged: (words) => running.said(words),
  }
}

async function idsOf(user: string): Promise<{ readonly uid: number; readonly gid: number }> {
  const ask = async (what: string): Promise<number> =>
    Number((await run('id', [what, user])).stdout)
  return { uid: await ask('-u'), gid: await ask('-g') }
}
