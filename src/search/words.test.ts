import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasPhrase, wordLine, wordsOf } from './words.ts'

const found: readonly (readonly [string, string, boolean])[] = [
  ['東京に行きます', '東京', true],
  ['東京に行きます', '行き', true],
  ['東京に行きます', '京東', false],
  ['今天测试邮件', '测试', true],
  ['ガスとエー', 'カス', false],
  ['ガスとエー', 'エー', true],
  ['ｶﾞｽ', 'ガス', true],
  ['น้ำตาล', 'ตาล', true],
  ['हिन्दी किताब', 'किताब', true],
  ['किताब', 'कतब', false],
  ['가나다', '가나', true],
  ['Straße', 'STRASSE', true],
  ['STRASSE', 'straße', true],
  ['ΟΔΟΣΤΡΩΜΑ κόσμος', 'οδος', true],
  ['ΟΔΟΣΤΡΩΜΑ κόσμος', 'ΚΟΣΜΟΣ', true],
  ['İstanbul ıssız', 'istanbul issiz', true],
  ['impo\u0302t Ёлка', 'impôt елка', true],
  ['מָשָׁל مُحَمَّد', 'משל محمد', true],
  ['so\u00adft\u200bly', 'softly', true],
  ['l’équipe of ann.smith+x@a.example', "l'equipe", true],
  ['l’équipe of ann.smith+x@a.example', 'smith+x@a', true],
  ['caffè latte', 'latte caffè', false],
]

for (const [text, query, isFound] of found) {
  test(`words: ${query} in ${text}`, () => {
    assert.equal(hasPhrase(wordLine(text), { words: wordsOf(query), whole: false }), isFound)
  })
}
