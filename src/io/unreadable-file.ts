import { isAbsolute, resolve } from 'node:path'
import { codeOf } from '../base/error.ts'

/** What is told of a file that is not there; see `whyUnreadable`. */
export function notThere(path: string): string {
  const where = isAbsolute(path) ? '' : ` (looked for as ${resolve(path)})`
  return `there is no such file${where}`
}

/**
 * Why a file that somebody named could not be read, in words that go behind its name. A path that
 * begins nowhere is told with the place where it was looked for: that hangs on where the program runs.
 *
 * @param problem what reading it threw
 */
export function whyUnreadable(path: string, problem: unknown): string {
  switch (codeOf(problem)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return notThere(path)
    case 'EACCES':
    case 'EPERM':
      return 'you may not read it'
    case 'EISDIR':
      return 'it is a folder'
    default:
      return 'it cannot be read'
  }
}
