import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../base/error.ts'
import { parseDomain } from '../address/domain.ts'
import { domainOf } from '../address/mailbox.ts'
import type { Residents, Srs } from '../directory/address-table.ts'
import { newSecret } from '../io/secret.ts'
import { dataFolder } from '../store/data-folder.ts'

/**
 * With what reverse-paths are rewritten and undone: the secret of the data folder, made when somebody's
 * mail is handed on for the first time, and the first domain. `undefined` where nothing ever was.
 */
export function srsOf(folder: string, residents: Residents): Srs | undefined {
  const [domain] = residents.domains
  if (domain === undefined) return undefined
  const file = join(dataFolder(folder).root, 'srs-secret')
  const secret = readSecret(file) ?? (handsOn(residents) ? makeSecret(file) : undefined)
  return secret === undefined ? undefined : { secret, domain: parseDomain(domain) ?? domain }
}

/** Whether an address of ours leads on to other servers. */
function handsOn({ domains, accounts, aliases = [] }: Residents): boolean {
  const ours = new Set(domains.map((domain) => parseDomain(domain) ?? domain))
  const all = [
    ...accounts.flatMap(({ forward = [] }) => forward),
    ...aliases.flatMap(({ to }) => to),
  ]
  return all.some((address) => !ours.has(parseDomain(domainOf(address)) ?? ''))
}

function makeSecret(file: string): string {
  const secret = newSecret()
  const descriptor = openSync(file, 'w', 0o600)
  try {
    writeSync(descriptor, `${secret}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  return secret
}

/** A file that was emptied is none: anybody could write what it signs. */
function readSecret(file: string): string | undefined {
  try {
    const secret = readFileSync(file, 'utf8').trim()
    return secret === '' ? undefined : secret
  } catch (problem) {
    if (codeOf(problem) === 'ENOENT') return undefined
    throw problem
  }
}
