import type { Settings } from '../config/settings.ts'
import type { Door } from '../desk/act.ts'
import type { ActPort } from '../store/ports/acts.ts'

/** What differs between the settings that hold and those that were read again, by their keys. */
export interface SettingsChange {
  /** They hold from now on. */
  readonly changed: readonly string[]
  /** They hold after the next start. */
  readonly unchanged: readonly string[]
}

/** Tables and keys that can change while a server runs. */
const changeable: ReadonlySet<string> = new Set([
  'domains',
  'account',
  'alias',
  'route',
  'destination',
  'sender',
  'source',
  'receive',
  'submission',
  'limits',
  'suppression',
  'bounces',
  'delivery',
  'account_rate',
  'tls',
  'dkim',
  'log',
  'http',
])

/** Of these tables, what cannot. */
const lasting: ReadonlySet<string> = new Set(['limits.threads', 'tls.authorities'])

/** Compares settings key by key; accounts and aliases each count as one. */
export function compareSettings(before: Settings, after: Settings): SettingsChange {
  const differing = Object.entries(after).flatMap(([table, value]): readonly string[] => {
    const old: unknown = Reflect.get(before, table)
    if (!isTable(value) || !isTable(old)) return same(old, value) ? [] : [table]
    const keys = Array.from(new Set([...Object.keys(old), ...Object.keys(value)]))
    return keys.filter((key) => !same(old[key], value[key])).map((key) => `${table}.${key}`)
  })
  const may = (key: string): boolean => {
    return changeable.has(key.split('.')[0] ?? '') && !lasting.has(key)
  }
  return { changed: differing.filter(may), unchanged: differing.filter((key) => !may(key)) }
}

/** The settings that hold from now on: what cannot change stays as it is. */
export function withChanges(before: Settings, after: Settings): Settings {
  const kept = Object.entries(before).filter(([table]) => !changeable.has(table))
  const limits = { ...after.limits, threads: before.limits.threads }
  const tls = { ...after.tls, authorities: before.tls.authorities }
  return { ...after, limits, tls, ...Object.fromEntries(kept) }
}

/**
 * Leaves an act for settings that were read again. Who sent the signal no system tells: the user that
 * the server runs as, or root.
 */
export async function leaveReload(
  acts: Pick<ActPort, 'put'>,
  at: number,
  { changed, unchanged }: SettingsChange,
): Promise<void> {
  const who = `user ${process.getuid?.() ?? 'unknown'}`
  const door: Door = 'signal'
  await acts.put({ at, who, door, what: 'reload', why: '', detail: { changed, unchanged } })
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
