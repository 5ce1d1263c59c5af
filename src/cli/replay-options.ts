import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import { codeOf, WaybillError } from '../base/error.ts'
import { rulesInConfig } from '../config/decision-rules.ts'
import { type DnsOverride, parseDnsOverride } from '../dns/dns-override.ts'
import { readFrom, type ReplayOverrides } from '../journey/overrides.ts'
import { readAddress, readPath, readTime } from './options.ts'

/** What the command line may change before a journey is decided again. */
export interface OverrideOptions {
  readonly dns?: readonly DnsOverride[]
  readonly ip?: string
  readonly helo?: string
  readonly mailFrom?: string
  readonly from?: string
  readonly at?: number
  readonly changeBody?: boolean
  /** A waybill.toml whose rules decide. */
  readonly rules?: string
}

/** Adds the options of what may be changed. */
export function withOverrides(command: Command): Command {
  return command
    .option(
      '--dns <record>',
      "what DNS says instead: 'NAME TYPE VALUE'; '-' takes it away (may be repeated)",
      addOverride,
    )
    .option('--ip <address>', 'as if it had come from this address', readAddress)
    .option('--helo <name>', 'as if the client had called itself so')
    .option('--mail-from <address>', 'as if this were the reverse-path', readPath)
    .option('--from <value>', 'as if this were the From field', readAuthor)
    .option('--change-body', 'as if one letter of the body were another')
    .option('--at <time>', 'as if it were this time (2026-09-01 or 2026-09-01T12:00:00Z)', readTime)
    .option('--rules <file>', 'as if the rules of receiving were those of this waybill.toml')
}

/**
 * What is to be changed.
 *
 * @param stored domains of ours that stand in no file, for the rules of `--rules`
 * @throws WaybillError `not-found` or `config-invalid` for the rules
 */
export function overridesOf(options: OverrideOptions, stored: readonly string[]): ReplayOverrides {
  const { dns = [], ip, helo, mailFrom, from, at, changeBody, rules } = options
  return {
    dns,
    ...(ip === undefined ? {} : { ip }),
    ...(helo === undefined ? {} : { helo }),
    ...(mailFrom === undefined ? {} : { mailFrom }),
    ...(from === undefined ? {} : { from }),
    ...(at === undefined ? {} : { now: Math.floor(at) }),
    ...(changeBody === true ? { body: 'one-letter' as const } : {}),
    ...(rules === undefined ? {} : { rules: rulesOfFile(rules, stored) }),
  }
}

/** The same in words, for the head of what is printed. */
export function overrideWords(options: OverrideOptions): readonly string[] {
  const answers = options.dns?.length ?? 0
  return [
    ...(answers === 0 ? [] : [`${answers} answer${answers === 1 ? '' : 's'} changed`]),
    ...(options.rules === undefined ? [] : [`By the rules of ${options.rules}`]),
  ]
}

function rulesOfFile(
  path: string,
  stored: readonly string[],
): NonNullable<ReplayOverrides['rules']> {
  const rules = rulesInConfig(textOf(path), stored)
  if (rules.ok) return rules.value
  throw new WaybillError('config-invalid', `${path} ${rules.problem}.`, {
    hint: 'waybill config test tells all that is wrong with it.',
  })
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const why = codeOf(cause) === 'ENOENT' ? 'there is no such file' : 'it cannot be opened'
    throw new WaybillError('not-found', `Cannot read ${path}: ${why}.`, { cause })
  }
}

function addOverride(text: string, before: readonly DnsOverride[] = []): readonly DnsOverride[] {
  const parsed = parseDnsOverride(text)
  if (!parsed.ok)
    throw new InvalidArgumentError(`${parsed.problem}. Example: 'a.example A 192.0.2.1'`)
  return [...before, parsed.value]
}

function readAuthor(text: string): string {
  const read = readFrom(text)
  if (read.ok) return read.value.from
  throw new InvalidArgumentError(`It ${read.problem}.`)
}
