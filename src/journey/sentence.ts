import { withoutTurns } from '../message/field.ts'

/** The words for how a step ended, the same in every view. */
export type VerdictWord = 'ok' | 'pass' | 'note' | 'warn' | 'fail' | 'none' | 'skipped' | 'unknown'

/** A step told to a person: the question, the answer in one sentence, the protocol's own word. */
export interface Sentence {
  /** `spf.mailfrom`, `dkim`, `route.mx`: stable, for scripts. */
  readonly id: string
  /** The short name in the terminal's left column. */
  readonly label: string
  readonly question: string
  readonly answer: string
  readonly verdict: VerdictWord
  /** `softfail`, `permerror`, `550`: the protocol's word, where it has one. */
  readonly result?: string
  /** What the domain's owner wants, and what was done: two lines, never one. */
  readonly askedFor?: string
  readonly did?: string
  /** RFC sections that the step follows. */
  readonly rules: readonly string[]
  /** What to do about it, when there is something to do. */
  readonly fix?: string
  /** The evidence in the protocol's terms, as JSON. */
  readonly details: Readonly<Record<string, unknown>>
}

/** Foreign text in a sentence: one line, no control characters, nothing turned, not endless. */
export function quoted(text: string, maxCharacters = 200): string {
  const line = withoutTurns(text)
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
  return line.length > maxCharacters ? `${line.slice(0, maxCharacters - 1)}…` : line
}

/** `a, b and c`. */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`
}

/** The sentence with its full stop, when it has no end yet. */
export function ended(sentence: string): string {
  return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`
}
