import type { DkimSigningKey } from '../../dkim/dkim.ts'
import { MemoryDirectory } from '../memory-directory.ts'
import type { Resident } from '../address-table.ts'

/** A directory of these people, each of whose domains is local. */
export function directoryOf(
  people: readonly (string | Resident)[],
  signingKeys: (domain: string) => readonly DkimSigningKey[] = () => [],
): MemoryDirectory {
  const accounts = people.map((one) => {
    return typeof one === 'string' ? { address: one, aliases: [], passwordHash: undefined } : one
  })
  const domains = accounts.map(({ address }) => address.slice(address.lastIndexOf('@') + 1))
  return new MemoryDirectory({ domains, accounts }, { for: signingKeys })
}
