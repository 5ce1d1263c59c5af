import { readFileSync } from 'node:fs'
import { parse, TomlError } from 'smol-toml'
import type { z } from 'zod'
import { domainOf } from '../address/mailbox.ts'
import { WaybillError } from '../base/error.ts'
import { nearest } from '../base/nearest.ts'
import { problemText } from './problem-text.ts'
import { checkSettings, type Settings, settingKeys } from './settings.ts'

/** One thing wrong in a configuration: where, what was seen, what is wanted. */
export interface ConfigProblem {
  /** `listen.smtp`, `account[0].address`. */
  readonly key: string
  readonly problem: string
}

export type ReadConfig =
  | { readonly type: 'settings'; readonly settings: Settings }
  | { readonly type: 'problems'; readonly problems: readonly ConfigProblem[] }

/** Reads the text of a `waybill.toml`. All problems are found at once. */
export function parseConfig(text: string): ReadConfig {
  let table: unknown
  try {
    table = parse(text)
  } catch (problem) {
    if (!(problem instanceof TomlError)) throw problem
    const what = problem.message.split('\n')[0] ?? 'not TOML'
    const key = `line ${problem.line}, column ${problem.column}`
    return { type: 'problems', problems: [{ key, problem: what }] }
  }
  const checked = checkSettings(table)
  if (!checked.success) return { type: 'problems', problems: problemsOf(checked.error, table) }
  const across = crossProblems(checked.data)
  if (across.length > 0) return { type: 'problems', problems: across }
  return { type: 'settings', settings: checked.data }
}

/**
 * Reads a configuration file.
 *
 * @throws WaybillError `not-found` or `config-invalid`; the message lists every problem.
 */
export function readConfig(path: string): Settings {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new WaybillError('not-found', `Cannot read the configuration ${path}.`, {
      cause,
      hint: 'See docs/config.md for an example, or try the lab first: waybill start --lab',
    })
  }
  const read = parseConfig(text)
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
  const [table] = path
  const near = nearest(key, settingKeys(table === undefined ? undefined : String(table)))
  return near === undefined ? 'is no setting' : `is no setting; did you mean "${near}"?`
}

function crossProblems(settings: Settings): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const { certificate, key } = settings.tls
  if ((certificate === undefined) !== (key === undefined)) {
    problems.push({ key: 'tls', problem: 'needs both "certificate" and "key", or neither' })
  }
  const seen = new Set<string>()
  settings.account.forEach((account, index) => {
    for (const address of [account.address, ...account.aliases]) {
      const domain = domainOf(address).toLowerCase()
      const at = `account[${index}]`
      if (!settings.domains.some((own) => own.toLowerCase() === domain)) {
        problems.push({ key: at, problem: `"${address}" is not in one of your domains` })
      }
      if (seen.has(address.toLowerCase())) {
        problems.push({ key: at, problem: `"${address}" is given twice` })
      }
      seen.add(address.toLowerCase())
    }
  })
  return problems
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
