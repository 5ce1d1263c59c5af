import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../base/error.ts'
import { newSecret } from '../io/secret.ts'
import { dataFolder } from '../store/data-folder.ts'

/** The key of who runs a server. */
export interface OperatorToken {
  readonly token: string
  /** Where it stands, for the user of the server alone. */
  readonly file: string
  /** Whether it was made just now: nobody has been told it yet. */
  readonly isNew: boolean
}

/** Reads the operator's key out of the data folder; makes one where there is none. */
export function operatorToken(folder: string): OperatorToken {
  const file = join(dataFolder(folder).root, 'http-token')
  const found = readToken(file)
  if (found !== undefined) return { token: found, file, isNew: false }
  const token = newSecret()
  const descriptor = openSync(file, 'w', 0o600)
  try {
    writeSync(descriptor, `${token}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  return { token, file, isNew: true }
}

/** A file that was emptied is none: an empty key would let everybody in. */
function readToken(file: string): string | undefined {
  try {
    const token = readFileSync(file, 'utf8').trim()
    return token === '' ? undefined : token
  } catch (problem) {
    if (codeOf(problem) === 'ENOENT') return undefined
    throw problem
  }
}
