import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusedBy, setback } from '../smtp/failure.ts'
import { type Attempt, attemptResult } from './attempt.ts'
import { after, inParts, letterAgain, lettersOf } from './letters.ts'
import { testItem } from './test-support/world.ts'

function line(text: string): Attempt['lines'][number] {
  return { from: 'server', text, at: 0 }
}

function attempt(id: string, changes: Partial<Attempt> = {}): Attempt {
  return {
    item: testItem({ id }),
    host: 'mx.south.example',
    ip: '203.0.113.25',
    result: attemptResult(setback('timeout', 'MAIL')),
    lines: [],
    refusedToTalk: false,
    ...changes,
  }
}

test('one letter for each message, and one of its own for recipients that need SMTPUTF8', () => {
  const items = [
    testItem({ id: 'a', messageId: 'm1' }),
    testItem({ id: 'b', messageId: 'm2' }),
    testItem({ id: 'c', messageId: 'm1', smtpUtf8: true, recipient: 'bøb@south.example' }),
    testItem({ id: 'd', messageId: 'm1' }),
  ]
  const letters = lettersOf(items)
  assert.deepEqual(
    letters.map((letter) => letter.items.map(({ id }) => id)),
    [['a', 'd'], ['b'], ['c']],
  )
  assert.ok(letters.every(({ before }) => before.length === 0))
})

test('who has a reverse-path of their own has a letter of their own', () => {
  const items = ['a', 'b', 'b', undefined].map((path, index) => {
    const dsn = path === undefined ? {} : { returnPath: `${path}@north.example` }
    return testItem({ id: String(index), messageId: 'm1', dsn })
  })
  const ids = lettersOf(items).map((letter) => letter.items.map(({ id }) => id))
  assert.deepEqual(ids, [['0'], ['1', '2'], ['3']])
})

test('of no recipients there is no letter', () => {
  const [letter] = lettersOf([testItem()])
  assert.ok(letter !== undefined)
  assert.equal(letterAgain(letter, []), undefined)
  assert.deepEqual(inParts(letter, [], 2), [])
})

test('the dialogues of all exchanges stand in a row, and those who shared one go on sharing it', () => {
  const items = ['a', 'b'].map((id) => testItem({ id }))
  const [letter] = lettersOf(items)
  assert.ok(letter !== undefined)
  const [first, second] = [[line('220 one')], [line('220 two'), line('451 no')]]
  const again = letterAgain(letter, [
    attempt('a', { lines: first }),
    attempt('b', { lines: first }),
  ])
  assert.ok(again !== undefined)
  const found = after(again, [attempt('a', { lines: second }), attempt('b', { lines: second })])
  assert.deepEqual(
    found.map(({ lines }) => lines.map(({ text }) => text)),
    [
      ['220 one', '220 two', '451 no'],
      ['220 one', '220 two', '451 no'],
    ],
  )
  assert.equal(found[0]?.lines, found[1]?.lines)
})

test('an exchange that said nothing adds nothing, before or behind the other', () => {
  const [letter] = lettersOf([testItem({ id: 'a' })])
  assert.ok(letter !== undefined)
  const one = [line('220 one')]
  for (const [first, second] of [
    [one, []],
    [[], one],
  ] as const) {
    const again = letterAgain(letter, [attempt('a', { lines: first })])
    assert.ok(again !== undefined)
    assert.equal(after(again, [attempt('a', { lines: second })])[0]?.lines, one)
  }
})

test('who refuses to talk does not end a letter that another exchange has put off', () => {
  const gone = attempt('a', {
    result: attemptResult(refusedBy({ code: 554, enhanced: null, lines: ['no'] }, 'EHLO')),
    refusedToTalk: true,
  })
  const later = attempt('a')
  const lacks = attempt('a', { result: attemptResult(setback('smtpUtf8NotOffered', 'MAIL')) })
  const refusal = attempt('a', {
    result: attemptResult(refusedBy({ code: 550, enhanced: null, lines: ['no'] }, 'RCPT')),
  })
  for (const [before, now, stands] of [
    [later, gone, later],
    // It talked, and cannot take such a letter: that says more.
    [lacks, gone, lacks],
    [gone, later, later],
    [later, refusal, refusal],
    [gone, gone, gone],
  ] as const) {
    const [letter] = lettersOf([before.item])
    assert.ok(letter !== undefined)
    const again = letterAgain(letter, [before])
    assert.ok(again !== undefined)
    assert.equal(after(again, [now])[0]?.result, stands.result)
  }
  // Nothing was tried before: it stands as it is.
  const [fresh] = lettersOf([later.item])
  assert.ok(fresh !== undefined)
  assert.equal(after(fresh, [gone])[0], gone)
})

test('a letter in parts has each recipient once, and no dialogue of those that found room', () => {
  const items = ['a', 'b', 'c', 'd', 'e'].map((id) => testItem({ id }))
  const [letter] = lettersOf(items)
  assert.ok(letter !== undefined)
  const tried = items.map(({ id }) => attempt(id, { lines: [line('452 too many')] }))
  const parts = inParts(letter, tried, 2)
  assert.deepEqual(
    parts.map((part) => part.items.map(({ id }) => id)),
    [['a', 'b'], ['c', 'd'], ['e']],
  )
  assert.ok(parts.every(({ before }) => before.every(({ lines }) => lines.length === 0)))
})
