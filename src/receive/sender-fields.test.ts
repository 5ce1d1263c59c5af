import assert from 'node:assert/strict'
import { test } from 'node:test'
import { octetsOf } from '../base/octets.ts'
import { splitMessage } from '../dkim/dkim.ts'
import { namedSenders } from './sender-fields.ts'

function named(lines: readonly string[]): readonly string[] {
  const { fields } = splitMessage(octetsOf(`${lines.join('\r\n')}\r\n\r\n`)).header
  return namedSenders(fields).map(({ field, mailbox }) => {
    return `${field} ${mailbox.localPart}@${mailbox.domain}`
  })
}

const table: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['nothing', ['Subject: x', 'To: a@b.example'], []],
  ['an author', ['From: A <a@b.example>'], ['From a@b.example']],
  [
    'every author, and every From field',
    ['From: a@b.example, c@d.example', 'from: G: e@f.example;'],
    ['From a@b.example', 'From c@d.example', 'From e@f.example'],
  ],
  [
    'who sends for the author',
    ['From: boss@b.example', 'SENDER: clerk@b.example'],
    ['From boss@b.example', 'Sender clerk@b.example'],
  ],
  ['a Sender without a domain', ['Sender: boss'], ['Sender boss@']],
  ['an empty Sender', ['Sender:'], []],
  [
    'who sends it again',
    ['Resent-From: a@b.example', 'Resent-Sender: c@d.example', 'Resent-To: x@y.example'],
    ['Resent-From a@b.example', 'Resent-Sender c@d.example'],
  ],
  [
    'who sends it again, wherever the fields stand',
    ['Received: by b.example; x', 'From: w@x.example', 'Resent-From: a@b.example'],
    ['From w@x.example', 'Resent-From a@b.example'],
  ],
  [
    'not who sent it again before: the field stands twice',
    [
      'Resent-From: a@b.example',
      'Resent-Date: x',
      'Resent-From: old@d.example',
      'Resent-Sender: older@d.example',
    ],
    ['Resent-From a@b.example'],
  ],
  [
    'not who sent it again before: another field of theirs stands twice',
    ['Resent-Date: x', 'Resent-From: a@b.example', 'Resent-Date: y', 'Resent-Sender: o@d.example'],
    ['Resent-From a@b.example'],
  ],
  [
    'not who sent it again before it passed a server',
    ['Resent-From: a@b.example', 'Received: by d.example; x', 'Resent-Sender: old@d.example'],
    ['Resent-From a@b.example'],
  ],
]
for (const [what, lines, expected] of table) {
  test(`a header names ${what}`, () => {
    assert.deepEqual(named(lines), expected)
  })
}
