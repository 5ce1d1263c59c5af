import type { CredentialChange, SecondFactor, SpentCode } from '../ports/credentials.ts'
import type { Reads } from '../reads.ts'
import { lower, type MemoryTables, type MemoryWork } from './tables.ts'

/** As `changeCredentials` does it in the database. */
export function changeMemoryCredentials(work: MemoryWork, change: CredentialChange): number {
  const { tables, undo } = work
  switch (change.type) {
    case 'add-key': {
      const { key } = change
      const same = Array.from(tables.apiKeys.values()).some(({ id, sha256 }) => {
        return id === key.id || sha256 === key.sha256
      })
      if (same) throw new Error(`Store: the key ${key.id} is there already`)
      undo.set(tables.apiKeys, key.id, structuredClone(key))
      return 1
    }
    case 'use-key': {
      const key = tables.apiKeys.get(change.id)
      if (key === undefined) return 0
      const usedAt = Math.max(key.usedAt ?? 0, change.at)
      undo.set(tables.apiKeys, change.id, { ...key, usedAt })
      return 1
    }
    case 'remove-key':
      return remove(work, tables.apiKeys, change.id)
    case 'put-factor':
      undo.set(tables.secondFactors, lower(change.factor.who), structuredClone(change.factor))
      return 1
    case 'spend-code':
      return spendCode(work, change.who, change.code)
    case 'remove-factor':
      return remove(work, tables.secondFactors, lower(change.who))
  }
}

/** As `removeCredentialsOf` does it in the database. */
export function removeMemoryCredentialsOf(work: MemoryWork, account: string): void {
  const { tables } = work
  for (const { id, account: whose } of Array.from(tables.apiKeys.values())) {
    if (whose !== undefined && lower(whose) === lower(account)) remove(work, tables.apiKeys, id)
  }
  remove(work, tables.secondFactors, lower(account))
}

/** The reading side. */
export function memoryCredentialReads(
  tables: MemoryTables,
): Pick<Reads, 'apiKeys' | 'apiKey' | 'secondFactors' | 'secondFactor'> {
  const keys = () => Array.from(tables.apiKeys.values())
  const factors = (): readonly SecondFactor[] => Array.from(tables.secondFactors.values())
  return {
    apiKeys: () => keys().sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)),
    apiKey: (sha256) => keys().find((key) => key.sha256 === sha256),
    secondFactors: () => factors().toSorted((a, b) => (lower(a.who) < lower(b.who) ? -1 : 1)),
    secondFactor: (who) => tables.secondFactors.get(lower(who)),
  }
}

function spendCode(work: MemoryWork, who: string, code: SpentCode): number {
  const { tables, undo } = work
  const factor = tables.secondFactors.get(lower(who))
  if (factor === undefined) return 0
  if ('step' in code) {
    if (factor.lastStep >= code.step) return 0
    undo.set(tables.secondFactors, lower(who), { ...factor, lastStep: code.step })
    return 1
  }
  const recovery = factor.recovery.filter((one) => one !== code.recovery)
  if (recovery.length === factor.recovery.length) return 0
  undo.set(tables.secondFactors, lower(who), { ...factor, recovery })
  return 1
}

function remove<T>({ undo }: MemoryWork, table: Map<string, T>, name: string): number {
  if (!table.has(name)) return 0
  undo.delete(table, name)
  return 1
}
