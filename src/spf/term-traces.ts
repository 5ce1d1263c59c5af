import { cut } from './evidence.ts'
import type { SpfRecord } from './record.ts'
import type { Term } from './term.ts'
import type { SpfCheck, SpfLookup, SpfOutcome, SpfTerm, SpfTermKind } from './verdict.ts'

/** The evidence of one term while it is being evaluated. */
export interface TermTrace {
  readonly text: string
  readonly kind: SpfTermKind
  outcome: SpfOutcome
  lookups?: number
  target?: string
  asked?: readonly SpfLookup[]
  check?: SpfCheck
}

/** The evidence of a record's terms, filled in as they are evaluated. */
export class TermTraces {
  readonly #terms: readonly Term[]
  readonly #listed: number
  readonly #begun: (TermTrace | undefined)[] = []

  /** @param listed how many of the first terms are listed, whatever became of them */
  constructor({ terms }: SpfRecord, listed: number) {
    this.#terms = terms
    this.#listed = listed
  }

  /** The evidence of the term at `index`, which is now evaluated. It does not match until said. */
  begin(index: number, term: Term): TermTrace {
    const trace: TermTrace = { text: cut(term.text), kind: kindOf(term), outcome: 'noMatch' }
    this.#begun[index] = trace
    return trace
  }

  /**
   * The terms in the order of the record. Of a long record the first are listed, and after them
   * those that asked DNS or decided.
   */
  list(): Pick<SpfCheck, 'terms' | 'termsCut'> {
    const terms: SpfTerm[] = []
    for (const [i, term] of this.#terms.entries()) {
      const begun = this.#begun[i]
      if (i < this.#listed) terms.push(begun ?? untouched(term))
      else if (begun !== undefined && isTelling(begun)) terms.push(begun)
    }
    const termsCut = this.#terms.length - terms.length
    return termsCut === 0 ? { terms } : { terms, termsCut }
  }
}

function isTelling(trace: TermTrace): boolean {
  return trace.outcome !== 'noMatch' || trace.target !== undefined
}

function untouched(term: Term): SpfTerm {
  const outcome = term.type === 'directive' ? 'notReached' : 'ignored'
  return { text: cut(term.text), kind: kindOf(term), outcome }
}

function kindOf(term: Term): SpfTermKind {
  switch (term.type) {
    case 'directive':
      return term.mechanism.kind
    case 'modifier':
      return term.kind
    case 'unknownModifier':
      return 'unknown'
  }
}
