import type { Sentence, VerdictWord } from './sentence.ts'
import type { StepView } from './view.ts'

/** What a step came to, in the catalogue's words. */
export interface ToldStep {
  readonly result: string | null
  readonly verdict: VerdictWord
  readonly answer: string
  readonly asked_for: string | null
  readonly did: string | null
}

/** A sentence in short; where the protocol has no word, `result` is the verdict's. */
export function told({ result, verdict, answer, askedFor, did }: Sentence): ToldStep {
  return {
    result: result ?? verdict,
    verdict,
    answer,
    asked_for: askedFor ?? null,
    did: did ?? null,
  }
}

/** The same of a step that is shown. */
export function toldOf({ result, verdict, answer, asked_for, did }: StepView): ToldStep {
  return { result: result ?? verdict, verdict, answer, asked_for, did }
}

/** `fail, asks reject`. */
export function wordOf({ result, verdict, asked_for }: ToldStep): string {
  const asks = asked_for === null ? '' : `, asks ${asked_for}`
  return `${result ?? verdict}${asks}`
}

/** Whether two steps say the same, word for word. */
export function isSameTold(one: ToldStep, other: ToldStep): boolean {
  return wordOf(one) === wordOf(other) && one.did === other.did && one.answer === other.answer
}
