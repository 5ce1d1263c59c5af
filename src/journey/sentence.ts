import { withoutTurns } from '../message/field.ts'
import type { SmtpAnswer } from './spoken.ts'

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
  readonly details: StepDetails
}

/** Further fields of a step, by names that no step has as its own: those would hide them. */
export type StepDetails = Readonly<Record<string, unknown>> & {
  readonly [Own in OwnField]?: never
}

type OwnField =
  | 'id'
  | 'label'
  | 'side'
  | 'known'
  | 'question'
  | 'answer'
  | 'verdict'
  | 'result'
  | 'asked_for'
  | 'did'
  | 'started_at'
  | 'duration_ms'
  | 'evidence'
  | 'rules'
  | 'explain'
  | 'fix'

/** What a server said, as JSON has it. */
export interface AnswerView {
  readonly code: number
  readonly enhanced: string
  readonly text: string
  readonly at_command: string
}

export function viewAnswer(answer: SmtpAnswer | undefined): AnswerView | null {
  if (answer === undefined) return null
  const { code, enhanced, text, atCommand } = answer
  return { code, enhanced, text, at_command: atCommand }
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
