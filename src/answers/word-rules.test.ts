import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ruleByWords, wordRules } from './word-rules.ts'
import { phraseOf } from './words.ts'

/** A refusal that says nothing but this phrase; of several parts, with a word between them. */
function textOf(phrase: string): string {
  return phraseOf(phrase).parts.join(' zyx ')
}

test('each phrase leads to its rule, and no earlier rule takes it', () => {
  const taken: Record<string, string | undefined> = {}
  for (const rule of wordRules) {
    for (const phrase of rule.words) {
      const found = ruleByWords(textOf(phrase), rule.only !== 4)
      if (found !== rule) taken[`${rule.id}: ${phrase}`] = found?.id
    }
  }
  assert.deepEqual(taken, {})
})

test('a rule for one class of replies is none for the other', () => {
  const only = wordRules.filter((rule) => rule.only !== undefined)
  assert.ok(only.length > 0)
  for (const rule of only) {
    for (const phrase of rule.words) {
      assert.notEqual(ruleByWords(textOf(phrase), rule.only === 4)?.id, rule.id, phrase)
    }
  }
})

test('each rule has an id of its own', () => {
  assert.equal(new Set(wordRules.map(({ id }) => id)).size, wordRules.length)
})
