import { enhancedCodes, replyCodes } from './codes.ts'
import { ownCauses } from './own-causes.ts'
import { wordRules } from './word-rules.ts'

/** A rule, for people. */
export interface ToldRule {
  readonly id: string
  readonly kind: string
  readonly says: string
  /** Believed before what the others say. */
  readonly first: boolean
}

/** Rules that are no entry of a table. */
const others: readonly ToldRule[] = [
  { id: 'code.4xx', kind: 'try-later', says: 'Another code of the class 4.', first: false },
  { id: 'code.5xx', kind: 'unknown', says: 'Another code of the class 5.', first: false },
  { id: 'own.null-mx', kind: 'relay-denied', says: 'The domain has a null MX.', first: false },
  { id: 'own.route', kind: 'unknown', says: 'Something here kept the letter.', first: false },
]

/** All rules, in the order in which they are asked: words, enhanced codes, codes, our own causes. */
export function allRules(): readonly ToldRule[] {
  return [
    ...wordRules.map(({ id, kind, says, sure }) => ({ id, kind, says, first: sure === true })),
    ...Object.entries(enhancedCodes).map(([detail, { kind, says, trusted }]) => {
      return { id: `enhanced.${detail}`, kind, says, first: trusted === true }
    }),
    ...Object.entries(replyCodes).map(([code, { kind, says }]) => {
      return { id: `code.${code}`, kind, says, first: false }
    }),
    ...Object.entries(ownCauses)
      .filter(([because]) => because !== 'reply')
      .map(([because, { kind, says }]) => ({ id: `own.${because}`, kind, says, first: false })),
    ...others,
  ]
}

let sentences: ReadonlyMap<string, string> | undefined

/** What a rule has seen, in a sentence; empty for an id of another version. */
export function ruleSays(id: string): string {
  sentences ??= new Map(allRules().map((rule) => [rule.id, rule.says]))
  return sentences.get(id) ?? ''
}
