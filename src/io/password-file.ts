import { readFileSync, statSync } from 'node:fs'
import { bad, ok, type Result } from '../base/result.ts'
import { whyUnreadable } from './unreadable-file.ts'

/** Octets of a password that we log in with elsewhere; PLAIN promises to carry as many (RFC 4616 §2). */
const maxOctets = 1024

/**
 * Reads a password from a file that holds nothing else; a line end behind it does not belong to it.
 * What others may read is no secret, so such a file is not taken. The problem begins with the path.
 */
export function readPasswordFile(path: string): Result<string> {
  let text: string
  try {
    const { mode, size } = statSync(path)
    const shared = mode & 0o077
    if (shared !== 0) {
      return bad(`"${path}" may be used by others than its owner: chmod 600 makes it a secret`)
    }
    if (size > maxOctets) return bad(`"${path}" is longer than ${maxOctets} octets: no password is`)
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
  } catch (problem) {
    if (problem instanceof TypeError) return bad(`"${path}" is not UTF-8`)
    return bad(`"${path}": ${whyUnreadable(path, problem)}`)
  }
  const password = text.replace(/\r?\n$/, '')
  if (password === '') return bad(`"${path}" is empty`)
  if (/[\r\n\0]/.test(password)) return bad(`"${path}" holds more than one line`)
  return ok(password)
}
