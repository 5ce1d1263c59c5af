import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detailSaid } from './detail-said.ts'
import { readReported } from './read-report.ts'
import { wordRules } from './word-rules.ts'

const table: Readonly<Record<string, readonly string[]>> = {
  '1.1': [
    'no such user',
    'bad mailbox',
    'user doesn’t have an example.com account',
    '<gone@north.example>: does not exist',
    'No mailbox here by that name. (#5.1.1)',
    'mailbox unavailable',
    '551 not here',
  ],
  '1.2': ['unknown host', 'no such host', 'domain name not found'],
  '1.8': ['sender was rejected'],
  '2.2': ['mailbox full', 'over quota', 'The recipient’s inbox has exceeded its room', '552 no'],
  '3.4': ['exceeds message size', 'The file is too large'],
  '4.1': ['connection refused', 'retry timeout exceeded', 'the connection was closed: time out'],
  '7.1': ['looks like spam', 'you are blocked', 'rejected for policy reasons', 'access denied'],
}

test('sentences of bounces come to the code that says the same', () => {
  for (const [detail, said] of Object.entries(table)) {
    for (const one of said) assert.equal(detailSaid(one, true), detail, one)
  }
  assert.equal(detailSaid('Sorry, it did not work.', true), undefined)
  assert.equal(detailSaid('', false), undefined)
})

test('a reply in the text counts, and not the sentences around it', () => {
  const said = 'It was rejected for policy reasons. The error was: 552 5.2.2 over quota'
  assert.equal(detailSaid(said, true), '2.2')
})

test('the code of a kind, read again, is of that kind, or says less', () => {
  for (const { words, only } of wordRules) {
    for (const phrase of words) {
      const permanent = only !== 4
      const detail = detailSaid(phrase, permanent)
      if (detail === undefined) continue
      const status = `${permanent ? 5 : 4}.${detail}`
      const { kind } = readReported({ status: `${permanent ? 5 : 4}.0.0`, said: phrase }).reading
      const again = readReported({ status, said: '' }).reading.kind
      const says = detail === '7.1' ? ['policy', 'try-later', 'unknown'] : [kind]
      assert.ok(says.includes(again), `${phrase}: ${kind}, ${status} is ${again}`)
    }
  }
})
