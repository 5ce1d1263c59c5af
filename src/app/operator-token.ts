import { join } from 'node:path'
import { makeSecret, readSecret } from '../io/kept-secret.ts'
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
  const found = readSecret(file)
  if (found !== undefined) return { token: found, file, isNew: false }
  return { token: makeSecret(file), file, isNew: true }
}
