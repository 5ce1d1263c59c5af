import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf, WaybillError } from '../base/error.ts'
import { isSecret, newSecret } from './secret.ts'

/**
 * The secret that a file keeps. `undefined` where there is no such file, or an empty one.
 *
 * @throws WaybillError `key-unusable` where something else stands in it: a cut secret can be guessed,
 *   and whoever guesses it is let in
 */
export function readSecret(file: string): string | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (problem) {
    if (codeOf(problem) === 'ENOENT') return undefined
    throw problem
  }
  if (text === '') return undefined
  if (isSecret(text)) return text
  throw new WaybillError('key-unusable', `What stands in ${file} is no whole secret of Waybill.`, {
    hint: 'Put the file of a backup back, or remove it: a new secret is made at the next start, and what the old one stood for holds no more.',
  })
}

/** Makes a secret and keeps it in a file that only the user of the server reads, whole or not at all. */
export function makeSecret(file: string): string {
  const secret = newSecret()
  const beside = `${file}.new`
  const descriptor = openSync(beside, 'w', 0o600)
  try {
    writeSync(descriptor, `${secret}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(beside, file)
  const folder = openSync(dirname(file), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
  return secret
}
