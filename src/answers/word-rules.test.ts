import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ruleByWords, wordRules } from './word-rules.ts'
import { phraseOf } from './words.ts'

/** A refusal that says nothing but this phrase; of several parts, one behind the other. */
function textOf(phrase: string): string {
  return phraseOf(phrase).parts.join(' ')
}

/** Phrases that a rule before theirs has taken, where the reply is of the class that theirs is for. */
const takenBefore: Readonly<Record<string, string>> = {
  'gmail.domain-reputation: low reputation of the sending domain': 'gmail.unsolicited-address',
  'words.rate: too many recipients this hour': 'godaddy.rate',
  'words.virus: banned content': 'words.reputation',
  'words.virus: banned file': 'words.reputation',
  'words.dns: dominio … no existe': 'words.no-such-mailbox',
  'general.mailbox-busy: mailbox temporarily': 'general.later',
}

test('each phrase leads to its rule, and those that an earlier rule takes are known', () => {
  const taken: Record<string, string | undefined> = {}
  for (const rule of wordRules) {
    for (const phrase of rule.words) {
      const found = ruleByWords(textOf(phrase), rule.only !== 4)
      if (found !== rule) taken[`${rule.id}: ${phrase}`] = found?.id
    }
  }
  assert.deepEqual(taken, takenBefore)
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
