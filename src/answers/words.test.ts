import assert from 'node:assert/strict'
import { test } from 'node:test'
import { phraseOf, says, wordsOf } from './words.ts'

/** A phrase of a rule, what was said, and whether the phrase stands in it. */
const cases: readonly (readonly [phrase: string, text: string, stands: boolean])[] = [
  ['mailbox full', 'Mailbox full', true],
  ['mailbox full', 'the <MAILBOX> is, well: mailbox-full!', true],
  ['mailbox full', 'mailbox is full', false],
  ['mailbox full', 'mailbox fully empty', false],
  ['full', 'wonderfull', false],
  ['greylist*', 'you are greylisted', true],
  ['greylist*', 'no greylisting-words: degreylisted', true],
  ['greylist*', 'degreylisted', false],
  ['boîte pleine', 'BOITE PLEINE', true],
  ['boite pleine', 'boîte pleine', true],
  ['spam', '<no-spam@south.example> is unknown', false],
  // Parts of a phrase come in their order, the next one behind the one before.
  ['mailbox … full', 'mailbox of ann is full', true],
  ['mailbox … full', 'mailbox full', true],
  ['mailbox … full', 'full mailbox', false],
  ['mailbox … is … full', 'mailbox of ann is nearly full', true],
  ['mailbox … is … full', 'mailbox of ann full is', false],
  ['mailbox … full', 'mailbox, and then a mailbox that is full', true],
  ['over … over', 'over', false],
  // A second beginning counts where the first has no end.
  ['mailbox … full', `mailbox ${'x '.repeat(60)}mailbox full`, true],
]
for (const [phrase, text, stands] of cases) {
  test(`"${phrase}" stands${stands ? '' : ' not'} in "${text.slice(0, 60)}"`, () => {
    assert.equal(says(wordsOf(text), phraseOf(phrase)), stands)
  })
}

test('a word between the parts of a phrase may have 89 characters, and no more', () => {
  const phrase = phraseOf('mailbox … full')
  const stands = (length: number): boolean => {
    return says(wordsOf(`mailbox ${'x'.repeat(length)} full`), phrase)
  }
  assert.deepEqual([1, 50, 89, 90, 200].map(stands), [true, true, true, false, false])
})

test('of a long reply its first 500 characters are read', () => {
  const stands = (place: number): boolean => {
    return says(wordsOf(`${'x'.repeat(place)} full ${'x'.repeat(65_000)}`), phraseOf('full'))
  }
  assert.deepEqual([0, 400, 495, 496, 4000].map(stands), [true, true, true, false, false])
  assert.ok(wordsOf('mailbox '.repeat(8192)).length <= 502)
})
