import type { z } from 'zod'

/** One thing wrong in a configuration: where, what was seen, what is wanted. */
export interface ConfigProblem {
  /** `listen.smtp`, `account[0].address`. */
  readonly key: string
  readonly problem: string
}

/**
 * What is wrong with a value, for the person who wrote it: what was seen, what is wanted, and what
 * to write where that is known. Begins with the value, and has no full stop.
 */
export function problemText(issue: z.core.$ZodIssue, seen: unknown): string {
  const value = shown(seen)
  if (issue.code === 'invalid_type') return `${value} ${wrongType(issue.expected, seen)}`
  if (issue.code === 'invalid_value') return `${value} is none of: ${issue.values.join(', ')}`
  // The schema library's own words begin so; ours replace them where a setting has no sentence.
  if (issue.message.startsWith('Too small') && issue.code === 'too_small') {
    return `${value} is too small: at least ${issue.minimum}`
  }
  if (issue.message.startsWith('Too big') && issue.code === 'too_big') {
    return `${value} is too large: at most ${issue.maximum}`
  }
  return `${value} ${issue.message}`
}

type Kind = 'text' | 'a number' | 'true or false' | 'a list' | 'a table' | 'a date'

/** The words of TOML for a value; what TOML cannot hold does not come here. */
function kindOf(value: unknown): Kind {
  if (typeof value === 'string') return 'text'
  if (typeof value === 'number' || typeof value === 'bigint') return 'a number'
  if (typeof value === 'boolean') return 'true or false'
  if (Array.isArray(value)) return 'a list'
  return value instanceof Date ? 'a date' : 'a table'
}

const wantedWords: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a whole number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a table',
}

function wrongType(expected: string, seen: unknown): string {
  const kind = kindOf(seen)
  const wanted = wantedWords[expected] ?? expected
  // Every number of ours is a whole one; `nan` and `inf` are numbers in TOML too.
  if (kind === 'a number' && wanted.endsWith('number')) return 'is not a whole number'
  const advice = adviceFor(expected, seen)
  const said = kind === 'true or false' ? 'is a truth value' : `is ${kind}`
  return `${said}, and ${wanted} is wanted${advice === undefined ? '' : `: ${advice}`}`
}

/** What to write instead, where the meaning is plain. */
function adviceFor(expected: string, seen: unknown): string | undefined {
  const kind = kindOf(seen)
  switch (expected) {
    case 'string':
      return kind === 'a number' || kind === 'true or false'
        ? `write it in quotes, "${String(seen)}"`
        : undefined
    case 'int':
    case 'number':
      return typeof seen === 'string' && /^-?\d{1,15}$/.test(seen.trim())
        ? `write it without quotes, ${seen.trim()}`
        : undefined
    case 'boolean': {
      const meant = typeof seen === 'string' ? meantTruth(seen) : undefined
      return meant === undefined ? undefined : `write it without quotes, ${meant}`
    }
    case 'array':
      if (kind === 'a table') return 'write its name in two brackets, as in [[account]]'
      return kind === 'text' ? `write it in brackets, [${shown(seen)}]` : undefined
    case 'object':
      return 'write its name in brackets on a line of its own, and its settings below'
    default:
      return undefined
  }
}

function meantTruth(text: string): string | undefined {
  const word = text.trim().toLowerCase()
  if (['true', 'yes', 'on'].includes(word)) return 'true'
  return ['false', 'no', 'off'].includes(word) ? 'false' : undefined
}

const maxShown = 60

function shown(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value)
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text
}
