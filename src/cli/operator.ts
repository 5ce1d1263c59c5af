import { userInfo } from 'node:os'

/**
 * Who runs this command, for the record of what was done: the name of the user, and for whom root
 * works where `sudo` says so.
 */
export function operator(environment: NodeJS.ProcessEnv = process.env): string {
  const user = userName()
  const behind = environment['SUDO_USER']
  return user === 'root' && behind !== undefined && behind !== '' ? `${behind} as root` : user
}

/** A number where the machine has no name for it, as in containers. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}`
  }
}
