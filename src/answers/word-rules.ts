import type { WordRule } from './rule.ts'
import { aboutCallout } from './rules/about-callout.ts'
import { aboutEnvelope } from './rules/about-envelope.ts'
import { aboutLetter } from './rules/about-letter.ts'
import { aboutMailbox } from './rules/about-mailbox.ts'
import { aboutRates } from './rules/about-rates.ts'
import { aboutServer } from './rules/about-server.ts'
import { aboutUs } from './rules/about-us.ts'
import { early } from './rules/early.ts'
import { general } from './rules/general.ts'
import { noMailbox } from './rules/no-mailbox.ts'
import { signsOfGoogleAndMicrosoft } from './rules/signs-google-microsoft.ts'
import { signs } from './rules/signs.ts'
import { type Phrase, phraseOf, says, wordsOf } from './words.ts'

/** All rules by words, in the order in which they are asked: the first that fits is taken. */
export const wordRules: readonly WordRule[] = [
  ...aboutCallout,
  ...signsOfGoogleAndMicrosoft,
  ...signs,
  ...early,
  ...aboutRates,
  ...aboutUs,
  ...aboutEnvelope,
  ...aboutMailbox,
  ...noMailbox,
  ...aboutLetter,
  ...aboutServer,
  ...general,
]

/** The phrases of each rule, read once, when the first refusal comes. */
let phrases: ReadonlyMap<WordRule, readonly Phrase[]> | undefined

/**
 * The first rule whose words stand in the text of a reply.
 *
 * @param permanent whether the reply is of the class 5
 */
export function ruleByWords(text: string, permanent: boolean): WordRule | undefined {
  phrases ??= new Map(wordRules.map((rule) => [rule, rule.words.map(phraseOf)]))
  const words = wordsOf(text)
  if (words.trim() === '') return undefined
  for (const [rule, any] of phrases) {
    if (rule.only !== undefined && (rule.only === 5) !== permanent) continue
    if (any.some((phrase) => says(words, phrase))) return rule
  }
  return undefined
}
