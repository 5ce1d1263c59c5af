import type { AnswerAdvice, AnswerKind, AnswerScope } from './kinds.ts'

/** What a rule makes of an answer. */
export interface RuleResult {
  readonly kind: AnswerKind
  /** Where it is not what the kind and the stage say. */
  readonly scope?: AnswerScope
  /** Where it is not what the kind, the scope and the code say. */
  readonly advice?: AnswerAdvice
}

/** A rule by the words of the reply. */
export interface WordRule extends RuleResult {
  /** Stable: `words.mailbox-full`. */
  readonly id: string
  /** What it has seen, in a sentence for people. */
  readonly says: string
  /** Any of these phrases; see `phraseOf`. */
  readonly words: readonly string[]
  /** The words cannot be mistaken, and are believed rather than any enhanced code beside them. */
  readonly sure?: true
  /** Not believed where an enhanced code, be it `x.7.1`, speaks of a policy. */
  readonly weak?: true
  /** Only for replies of this class. */
  readonly only?: 4 | 5
}

/** A rule by an enhanced code or a reply code. */
export interface CodeRule extends RuleResult {
  readonly says: string
  /** Believed before ordinary words; else only where words say nothing. */
  readonly trusted?: true
  /** Only for replies of this class. */
  readonly only?: 4 | 5
}
