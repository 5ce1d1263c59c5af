import { readFileSync } from 'node:fs'
import type { TomlError } from 'smol-toml'
import { WaybillError } from '../base/error.ts'
import { whyUnreadable } from '../io/unreadable-file.ts'
import type { ConfigProblem } from './problem-text.ts'

/**
 * The octets of a configuration file.
 *
 * @throws WaybillError `not-found`, with the reason
 */
export function readOctets(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    const why = whyUnreadable(path, cause)
    throw new WaybillError('not-found', `Cannot read the configuration ${path}: ${why}.`, {
      cause,
      hint: why.startsWith('you may not')
        ? 'Run this as the user of the server (sudo -u USER …), or as root.'
        : 'See docs/config.md for an example, or try the lab first: waybill start --lab',
    })
  }
}

/** TOML is UTF-8; editors and shells of other systems write other things now and then. */
export function textOf(octets: Uint8Array): string | ConfigProblem {
  const [first, second] = octets
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return { key: 'the file', problem: 'is UTF-16; save it as UTF-8' }
  }
  try {
    return strictly.decode(octets)
  } catch {
    const lines = looseLines(octets)
    const line = lines.findIndex((text) => text.includes('\ufffd'))
    return { key: `line ${line + 1}`, problem: 'is not UTF-8; save the file as UTF-8' }
  }
}

/** What is no TOML, with the line as it stands and what was probably meant. */
export function tomlProblem(error: TomlError, text: string): ConfigProblem {
  const [said = 'not TOML'] = error.message.split('\n')
  const what = said.replace(/^Invalid TOML document: /, '')
  const line = text.split(/\r?\n/)[error.line - 1] ?? ''
  const advice = adviceFor(line)
  return {
    key: `line ${error.line}, column ${error.column}`,
    problem: `${what}, in ${shownLine(line)}${advice === undefined ? '' : `; ${advice}`}`,
  }
}

function adviceFor(line: string): string | undefined {
  if (/^\s*[\w."-]+\s*:/.test(line)) return 'TOML writes a setting as name = value'
  // Neither a text nor a list, a table, a number, a date or a truth value.
  if (/^\s*[\w."-]+\s*=\s*(?!true\b|false\b)[^\s"'[{\d+-]/.test(line)) {
    return 'text stands in quotes, as in name = "text"'
  }
  if (/^\s*\[+[^\]]*$/.test(line)) return 'the name of a table stands in brackets, as in [listen]'
  return undefined
}

/** What stands behind a password's name is for nobody's log. */
function shownLine(line: string): string {
  const told = /^\s*\S*pass\S*\s*[=:]/i.exec(line)?.[0] ?? line
  const short = told.length > maxShown ? `${told.slice(0, maxShown)}…` : told
  return `\`${short.trim()}${told === line ? '' : ' …'}\``
}

const maxShown = 80
const strictly = new TextDecoder('utf-8', { fatal: true })

function looseLines(octets: Uint8Array): readonly string[] {
  return new TextDecoder().decode(octets).split('\n')
}
