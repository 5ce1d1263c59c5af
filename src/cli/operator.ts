import { userInfo } from 'node:os'

/**
 * Who runs this command, for the record of what was done: the user, who is known for sure, and whom
 * `sudo` says that it works for: `waybill (sudo by ann)`. The second is a word of the environment,
 * which whoever is that user can set at will.
 */
export function operator(
  environment: NodeJS.ProcessEnv = process.env,
  user: string = userName(),
): string {
  const behind = environment['SUDO_USER'] ?? ''
  return behind === user || !isName.test(behind) ? user : `${user} (sudo by ${behind})`
}

/** Nothing that could be taken for more than a name. */
const isName = /^[^\p{C}\p{Z}()]{1,64}$/u

/** A number where the machine has no name for it, as in containers; 0 is root everywhere. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return numbered(process.getuid?.())
  }
}

/** What a user without a name is called. */
export function numbered(id: number | undefined): string {
  return id === 0 ? 'root' : `user ${id ?? 'unknown'}`
}
