import type { PolicyRefreshOptions } from '../policy-refresh.ts'
import type { StsEntry, StsRegister } from '../policy-book.ts'

/** A register that forgets with the test, and can be told to break. */
export class TestRegister implements StsRegister {
  readonly entries: Map<string, StsEntry> = new Map()
  broken: 'read' | 'write' | undefined
  puts: number = 0

  async put(entries: readonly StsEntry[]): Promise<void> {
    if (this.broken === 'write') throw new Error('The disk is full.')
    this.puts++
    for (const entry of entries) this.entries.set(entry.key, entry)
  }

  async find(_kind: string, key: string, now: number): Promise<StsEntry | undefined> {
    if (this.broken === 'read') throw new Error('The store is broken.')
    const found = this.entries.get(key)
    return found === undefined || (found.expiresAt ?? Infinity) <= now ? undefined : found
  }

  list: PolicyRefreshOptions['register']['list'] = async ({ now, after = '', limit }) => {
    return Array.from(this.entries.values())
      .filter(({ key, expiresAt = Infinity }) => key > after && expiresAt > now)
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .slice(0, limit)
  }

  readonly remove = async (_kind: string, keys: readonly string[]): Promise<number> => {
    return keys.filter((key) => this.entries.delete(key)).length
  }
}
