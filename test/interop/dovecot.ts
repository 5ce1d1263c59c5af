import { chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { filesBelow } from './dovecot-mail.ts'
import { run, Running, shortFolder } from './processes.ts'

/** What a Dovecot of a test needs: the daemon, its LMTP part, and root. */
export const dovecotPrograms: readonly string[] = ['/usr/sbin/dovecot', '/usr/lib/dovecot/lmtp']

/** A Dovecot of this test alone, which takes mail by LMTP at a Unix socket. */
export interface Dovecot {
  readonly socket: string
  /** The letters in the mailbox of a user, LF line ends. */
  kept(user: string): Promise<readonly string[]>
}

/** Starts one. @param users with the most octets that each may have; 0 is no limit */
export async function openDovecot(
  t: TestContext,
  users: Readonly<Record<string, number>>,
): Promise<Dovecot> {
  const folder = await shortFolder(t)
  const mail = join(folder, 'mail')
  await mkdir(mail)
  const ids = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, 'mail'])))
  const [uid = 0, gid = 0] = ids.map(({ stdout }) => Number(stdout.trim()))
  await chown(mail, uid, gid)
  const lines = Object.entries(users).map(([user, octets]) => {
    const rule = octets === 0 ? '' : `userdb_quota_rule=*:bytes=${octets}`
    return `${user}:{PLAIN}x:${uid}:${gid}::${join(mail, user)}::${rule}\n`
  })
  await writeFile(join(folder, 'users'), lines.join(''), { mode: 0o644 })
  const socket = join(folder, 'lmtp')
  const config = join(folder, 'dovecot.conf')
  await writeFile(
    config,
    `protocols = lmtp
base_dir = ${join(folder, 'run')}
state_dir = ${join(folder, 'state')}
log_path = /dev/stderr
ssl = no
first_valid_uid = 1
mail_location = maildir:~
mail_plugins = quota
plugin {
  quota = count:User quota
  quota_vsizes = yes
}
passdb {
  driver = passwd-file
  args = ${join(folder, 'users')}
}
userdb {
  driver = passwd-file
  args = ${join(folder, 'users')}
}
service lmtp {
  unix_listener ${socket} {
    mode = 0666
  }
}
`,
  )
  const running = new Running(t, '/usr/sbin/dovecot', ['-F', '-c', config])
  await running.said(/starting up/)
  return { socket, kept: (user) => filesBelow(join(mail, user)) }
}
