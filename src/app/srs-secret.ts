import { join } from 'node:path'
import { parseDomain } from '../address/domain.ts'
import { domainOf } from '../address/mailbox.ts'
import type { BouncesSettings } from '../config/tables/bounces.ts'
import type { Residents } from '../directory/address-table.ts'
import { makeSecret, readSecret } from '../io/kept-secret.ts'
import { dataFolder } from '../store/data-folder.ts'

/**
 * What our own reverse-paths are made with and undone by: those of letters that are handed on, and those
 * that letters of our own people leave with. One secret of the data folder serves all, because each
 * hash says what it is for; it is made when one of them is wanted for the first time. Nothing where
 * none ever was.
 */
export function waysBack(
  folder: string,
  residents: Residents,
  { verp, envelope_id: envelopeId }: BouncesSettings,
): Pick<Residents, 'srs' | 'marks'> {
  const [domain] = residents.domains
  if (domain === undefined) return {}
  const file = join(dataFolder(folder).root, 'srs-secret')
  const wanted = verp.length > 0 || envelopeId || handsOn(residents)
  const secret = readSecret(file) ?? (wanted ? makeSecret(file) : undefined)
  if (secret === undefined) return {}
  return {
    srs: { secret, domain: parseDomain(domain) ?? domain },
    // Also where nothing leaves with a mark any more: what left before comes back.
    marks: { secret, verp, envelopeId },
  }
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
