import { z } from 'zod'
import type { AccountSettings, AliasSettings, Settings } from './settings.ts'
import { account, alias, schema, tables } from './settings-schema.ts'
import { destination } from './tables/destination.ts'
import { route, type RouteSettings } from './tables/route.ts'
import { sender } from './tables/sender.ts'
import { source } from './tables/source.ts'
import type { SourceTables } from './source-problems.ts'

/** Checks a table read from TOML and fills in the defaults. */
export function checkSettings(table: unknown): z.ZodSafeParseResult<Settings> {
  return schema.safeParse(table)
}

/** A port that is to be opened. */
export interface PlannedPort {
  /** `listen.smtp`, `http.port`. */
  readonly key: string
  readonly address: string
  /** 0: any that is free, and for `http.port` none. */
  readonly port: number
}

/** Of settings with problems: what is in order. */
export interface ReadableSettings extends SourceTables {
  readonly hostname: string | undefined
  readonly domains: Settings['domains'] | undefined
  readonly data: string | undefined
  /** The listeners whose ports are ports. */
  readonly ports: readonly PlannedPort[]
  readonly tls: Settings['tls'] | undefined
  /** In their order, `undefined` where one is not. */
  readonly routes: readonly (RouteSettings | undefined)[]
  readonly accounts: readonly (AccountSettings | undefined)[]
  readonly aliases: readonly (AliasSettings | undefined)[]
}

/** Reads each part of a table alone, so that problems between parts are told in one round too. */
export function readableSettings(table: unknown): ReadableSettings {
  const { hostname, domains, data, tls: files } = schema.shape
  const found = Object.entries(z.looseObject({}).safeParse(table).data ?? {})
  const part = <T>(type: z.ZodType<T>, name: string): T | undefined => {
    return type.safeParse(found.find(([key]) => key === name)?.[1]).data
  }
  const list = <T>(type: z.ZodType<T>, name: string): readonly (T | undefined)[] => {
    const elements = part(z.array(z.unknown()), name) ?? []
    return elements.map((element) => type.safeParse(element).data)
  }
  const tableOf = (name: string) => part(z.looseObject({}), name) ?? {}
  return {
    hostname: part(hostname, 'hostname'),
    domains: part(domains, 'domains'),
    data: part(data, 'data'),
    ports: [
      ...portsIn('listen', ['smtp', 'submission', 'submissions'], tableOf('listen')),
      // Where nobody asked for it: a file from before there was one stays good.
      ...('port' in tableOf('http') ? portsIn('http', ['port'], tableOf('http')) : []),
    ],
    tls: part(files, 'tls'),
    routes: list(route, 'route'),
    sources: list(source, 'source'),
    senders: list(sender, 'sender'),
    destinations: list(destination, 'destination'),
    accounts: list(account, 'account'),
    aliases: list(alias, 'alias'),
  }
}

/** Each port alone: one that is none must not hide that two others are the same. */
function portsIn(
  table: string,
  names: readonly string[],
  given: Readonly<Record<string, unknown>>,
): readonly PlannedPort[] {
  const valueOf = (name: string): unknown => {
    return z.safeParse(tables[table]?.shape[name] ?? z.never(), given[name]).data
  }
  const address = String(valueOf('address'))
  return names.flatMap((name) => {
    const port = valueOf(name)
    return typeof port === 'number' ? [{ key: `${table}.${name}`, address, port }] : []
  })
}

/** The keys known in one table of the file, or at its top when `table` is undefined. */
export function settingKeys(table?: string): readonly string[] {
  if (table === undefined) return Object.keys(schema.shape)
  return Object.keys(tables[table]?.shape ?? {})
}

/** Tables that may be there several times, each in two brackets. */
export const repeated: ReadonlySet<string> = new Set([
  'route',
  'destination',
  'sender',
  'source',
  'account',
  'alias',
])

/** One line of the settings' reference. */
export interface SettingInfo {
  readonly key: string
  readonly default: string
  readonly sentence: string
}

/** Every setting with its default and its sentence, in the order of the file. */
export function describeSettings(): readonly SettingInfo[] {
  return Object.entries(schema.shape).flatMap(([key, type]) => {
    const table = tables[key]
    if (table === undefined) return [info(key, type)]
    const prefix = repeated.has(key) ? `${key}[]` : key
    return Object.entries(table.shape).map(([name, inside]) => info(`${prefix}.${name}`, inside))
  })
}

function info(key: string, type: z.core.$ZodType): SettingInfo {
  const sentence = z.globalRegistry.get(type)?.description ?? ''
  const empty = z.safeParse(type, undefined)
  const value = empty.success ? JSON.stringify(empty.data ?? null) : 'required'
  return { key, default: value === 'null' ? 'none' : value, sentence }
}
