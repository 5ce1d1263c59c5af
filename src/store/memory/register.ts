import type { Reads } from '../reads.ts'
import type { RegisterEntry } from '../ports/register.ts'
import { type MemoryTables, type MemoryWork, pairName } from './tables.ts'

/** As `putRegister` does it in the database; so do the others here. */
export function putInMemory({ tables, undo }: MemoryWork, entries: readonly RegisterEntry[]): void {
  for (const entry of entries) {
    undo.set(tables.register, pairName(entry.kind, entry.key), structuredClone(entry))
    undo.tell({ type: 'register', kind: entry.kind })
  }
}

export function removeRegisterInMemory(
  { tables: { register }, undo }: MemoryWork,
  { kind, keys }: { readonly kind: string; readonly keys: readonly string[] },
): number {
  const names = Array.from(new Set(keys), (key) => pairName(kind, key))
  const there = names.filter((name) => register.has(name))
  for (const name of there) undo.delete(register, name)
  if (there.length > 0) undo.tell({ type: 'register', kind })
  return there.length
}

export function removeExpiredInMemory({ tables, undo }: MemoryWork, by: number): void {
  for (const [name, { kind, expiresAt }] of Array.from(tables.register)) {
    if (expiresAt === undefined || expiresAt > by) continue
    undo.delete(tables.register, name)
    undo.tell({ type: 'register', kind })
  }
}

/** The reading side. */
export function memoryRegisterReads({
  register,
}: MemoryTables): Pick<Reads, 'registered' | 'listRegister'> {
  return {
    registered(kind, key, now) {
      const entry = register.get(pairName(kind, key))
      return (entry?.expiresAt ?? Infinity) > now ? entry : undefined
    },
    listRegister({ kind, now, after, limit }) {
      return Array.from(register.values())
        .filter((entry) => entry.kind === kind && (entry.expiresAt ?? Infinity) > now)
        .filter(({ key }) => after === undefined || byOctets(key, after) > 0)
        .sort((a, b) => byOctets(a.key, b.key))
        .slice(0, limit)
    },
  }
}

/** As SQLite compares, and not by the units of UTF-16. */
function byOctets(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
