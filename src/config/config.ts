import { parse, TomlError } from 'smol-toml'
import type { z } from 'zod'
import { WaybillError } from '../base/error.ts'
import { parseIp } from '../base/ip.ts'
import { nearest } from '../base/nearest.ts'
import { addressProblems } from '../directory/address-problems.ts'
import { readOctets, textOf, tomlProblem } from './file-text.ts'
import { fileProblems } from './files.ts'
import { type ConfigProblem, problemText } from './problem-text.ts'
import {
  checkSettings,
  type ReadableSettings,
  readableSettings,
  repeated,
  settingKeys,
} from './read-settings.ts'
import { routeProblems } from './route-problems.ts'
import type { Settings } from './settings.ts'
import { sourceProblems } from './source-problems.ts'

export type { ConfigProblem } from './problem-text.ts'

export type ReadConfig =
  | { readonly type: 'settings'; readonly settings: Settings }
  | { readonly type: 'problems'; readonly problems: readonly ConfigProblem[] }

/**
 * Reads the text of a `waybill.toml`. All problems are found at once.
 *
 * @param further what else is to be looked at, as far as the settings can be read
 */
export function parseConfig(
  text: string,
  further: (settings: ReadableSettings) => readonly ConfigProblem[] = () => [],
): ReadConfig {
  let table: unknown
  try {
    table = parse(text)
  } catch (problem) {
    if (!(problem instanceof TomlError)) throw problem
    return { type: 'problems', problems: [tomlProblem(problem, text)] }
  }
  const checked = checkSettings(table)
  const single = checked.success ? [] : problemsOf(checked.error, table)
  const readable = readableSettings(table)
  const problems = [...single, ...crossProblems(readable), ...further(readable)]
  if (!checked.success || problems.length > 0) return { type: 'problems', problems }
  return { type: 'settings', settings: checked.data }
}

/**
 * Reads a configuration file, and looks at the files that it names as well: what `config test` does.
 *
 * @param now Unix milliseconds, for the certificate
 * @throws WaybillError `not-found` or `config-invalid`; the message lists every problem.
 */
export function testConfig(path: string, now: number): Settings {
  return settingsIn(path, (settings) => fileProblems(settings, now))
}

/**
 * Reads a configuration file.
 *
 * @throws WaybillError `not-found` or `config-invalid`; the message lists every problem.
 */
export function readConfig(path: string): Settings {
  return settingsIn(path, () => [])
}

function settingsIn(
  path: string,
  further: (settings: ReadableSettings) => readonly ConfigProblem[],
): Settings {
  const text = textOf(readOctets(path))
  const read: ReadConfig =
    typeof text === 'string' ? parseConfig(text, further) : { type: 'problems', problems: [text] }
  if (read.type === 'settings') return read.settings
  const { length } = read.problems
  const lines = read.problems.map(({ key, problem }) => `  ${key}: ${problem}`)
  throw new WaybillError(
    'config-invalid',
    `${path} has ${length} problem${length === 1 ? '' : 's'}:\n${lines.join('\n')}`,
    { hint: 'Every key is explained in docs/config.md.' },
  )
}

function problemsOf(error: z.ZodError, table: unknown): readonly ConfigProblem[] {
  return error.issues.flatMap((issue): ConfigProblem[] => {
    const place = keyText(issue.path)
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        key: keyText([...issue.path, key]),
        problem: unknownKey(key, issue.path),
      }))
    }
    const seen = valueAt(table, issue.path)
    if (seen === undefined) return [{ key: place, problem: 'is missing' }]
    return [{ key: place, problem: problemText(issue, seen) }]
  })
}

function unknownKey(key: string, path: readonly PropertyKey[]): string {
  const [table] = path.map(String)
  const near = nearest(key, settingKeys(table))
  if (near !== undefined) return `is no setting; did you mean "${near}"?`
  // In TOML all below the name of a table belongs to it, down to the next name.
  if (table !== undefined && settingKeys().includes(key) && settingKeys(key).length === 0) {
    return `is no setting of the table ${table}; "${key}" stands above the first table`
  }
  const homes = settingKeys().filter((one) => settingKeys(one).includes(key))
  if (homes.length === 0) return 'is no setting'
  return `is no setting here; it belongs into ${homes.map(tableName).join(' or ')}`
}

function tableName(name: string): string {
  return repeated.has(name) ? `[[${name}]]` : `[${name}]`
}

/** What is wrong between settings each of which is in order, as far as they could be read. */
function crossProblems(settings: ReadableSettings): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = []
  if (settings.tls !== undefined) {
    const { certificate, key } = settings.tls
    if ((certificate === undefined) !== (key === undefined)) {
      problems.push({ key: 'tls', problem: 'needs both "certificate" and "key", or neither' })
    }
  }
  problems.push(...twice('domains', settings.domains ?? []))
  problems.push(...portProblems(settings.ports))
  if (settings.hostname !== undefined && parseIp(settings.hostname) !== undefined) {
    const problem = `"${settings.hostname}" is an address, and a name is wanted`
    problems.push({ key: 'hostname', problem })
  }
  return [
    ...problems,
    ...routeProblems(settings),
    ...sourceProblems(settings),
    ...addressProblems(settings),
  ]
}

function twice(key: string, values: readonly string[]): readonly ConfigProblem[] {
  return values.flatMap((value, index) => {
    if (values.indexOf(value) === index) return []
    return [{ key: `${key}[${index}]`, problem: `"${value}" is given twice` }]
  })
}

/** Two listeners cannot have one port of one address; 0 means any that is free. */
function portProblems(ports: ReadableSettings['ports']): readonly ConfigProblem[] {
  return ports.flatMap(({ key, address, port }, index) => {
    const other = ports
      .slice(0, index)
      .find((one) => one.port === port && meet(one.address, address))
    if (port === 0 || other === undefined) return []
    return [{ key, problem: `${port} is the port of ${other.key} already` }]
  })
}

/** Whether who listens at the one address hears the other one too. */
function meet(one: string, other: string): boolean {
  return one === other || [one, other].some((address) => /^(?:0\.0\.0\.0|[0:]+)$/.test(address))
}

function keyText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    return text === '' ? String(part) : `${text}.${String(part)}`
  }, '')
}

function valueAt(table: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, part) => {
    return typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined
  }, table)
}
