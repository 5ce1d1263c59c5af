import { z } from 'zod'
import type { AccountSettings, AliasSettings, Settings } from './settings.ts'
import { account, alias, schema, tables } from './settings-schema.ts'

/** Checks a table read from TOML and fills in the defaults. */
export function checkSettings(table: unknown): z.ZodSafeParseResult<Settings> {
  return schema.safeParse(table)
}

/** Of settings with problems: what is in order. */
export interface ReadableSettings {
  readonly hostname: string | undefined
  readonly domains: Settings['domains'] | undefined
  readonly data: string | undefined
  /** The listeners whose ports are ports. */
  readonly ports: readonly { readonly name: string; readonly port: number }[]
  readonly tls: Settings['tls'] | undefined
  /** In their order, `undefined` where one is not. */
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
  return {
    hostname: part(hostname, 'hostname'),
    domains: part(domains, 'domains'),
    data: part(data, 'data'),
    ports: portsIn(found.find(([key]) => key === 'listen')?.[1]),
    tls: part(files, 'tls'),
    accounts: list(account, 'account'),
    aliases: list(alias, 'alias'),
  }
}

/** Each port alone: one that is none must not hide that two others are the same. */
function portsIn(listen: unknown): ReadableSettings['ports'] {
  const given = z.looseObject({}).safeParse(listen ?? {}).data ?? {}
  return ['smtp', 'submission', 'submissions'].flatMap((name) => {
    const type = tables['listen']?.shape[name] ?? z.never()
    const { data: port } = z.safeParse(type, given[name])
    return typeof port === 'number' ? [{ name, port }] : []
  })
}

/** The keys known in one table of the file, or at its top when `table` is undefined. */
export function settingKeys(table?: string): readonly string[] {
  if (table === undefined) return Object.keys(schema.shape)
  return Object.keys(tables[table]?.shape ?? {})
}

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
    const prefix = key === 'account' || key === 'alias' ? `${key}[]` : key
    return Object.entries(table.shape).map(([name, inside]) => info(`${prefix}.${name}`, inside))
  })
}

function info(key: string, type: z.core.$ZodType): SettingInfo {
  const sentence = z.globalRegistry.get(type)?.description ?? ''
  const empty = z.safeParse(type, undefined)
  const value = empty.success ? JSON.stringify(empty.data ?? null) : 'required'
  return { key, default: value === 'null' ? 'none' : value, sentence }
}
