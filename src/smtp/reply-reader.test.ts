import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUtf8 } from '../base/octets.ts'
import { OctetQueue } from '../wire/octet-queue.ts'
import { type Reply, describeReply } from './reply.ts'
import { ReplyReader } from './reply-reader.ts'

/** All replies in a text, in words, with what was heard beside them. */
function read(
  parts: readonly string[],
  maxOctets = 1000,
): { readonly replies: readonly string[]; readonly heard: readonly string[] } {
  const queue = new OctetQueue()
  const reader = new ReplyReader(queue, maxOctets)
  const replies: string[] = []
  const heard: string[] = []
  for (const part of parts) {
    queue.push(encodeUtf8(part))
    for (;;) {
      const next = reader.next((line) => heard.push(line))
      if (next === undefined) break
      replies.push(next.type === 'reply' ? describe(next.reply) : `malformed: ${next.problem}`)
      if (next.type === 'malformed') return { replies, heard }
    }
  }
  return { replies, heard }
}

const describe = (reply: Reply): string => describeReply(reply)

const cases: readonly (readonly [string, readonly string[]])[] = [
  ['250 ok\r\n', ['250 ok']],
  ['250\r\n', ['250']],
  ['250-a\r\n250 b\r\n', ['250 a b']],
  // RFC 5321 §4.3.2: codes that nobody has listed.
  [
    '571 5.7.1 no\r\n471 4.7.1 later\r\n577 x\r\n299 y\r\n',
    ['571 5.7.1 no', '471 4.7.1 later', '577 x', '299 y'],
  ],
  // RFC 5321 §4.2.1: the code is the same on all lines; where it is not, the worst one counts.
  ['250-a\r\n550-5.1.1 b\r\n451 c\r\n', ['550 5.1.1 a b c']],
  ['550-5.1.1 a\r\n250 2.0.0 b\r\n', ['550 5.1.1 a 2.0.0 b']],
  ['220-a\r\nb\r\n220 c\r\n', ['220 a b c']],
  // An LF within the text, and LF at the end of lines.
  ['550 5.7.1 Blocked\nsee http://x\r\n250 on\r\n', ['550 5.7.1 Blocked see http://x', '250 on']],
  ['550-5.7.1 a\n550 5.7.1 b\n250 c\n', ['550 5.7.1 a b', '250 c']],
  ['250-a\nb\n250 c\r\n', ['250 a b c']],
  ['554 a\rb\r\n', ['554 a b']],
  // What is none at all.
  ['hello\r\n', ['malformed: the answer has no reply code: "hello"']],
  ['\r\n', ['malformed: the answer is an empty line']],
  ['199 x\r\n', ['malformed: the answer has no reply code: "199 x"']],
  ['600 x\r\n', ['malformed: the answer has no reply code: "600 x"']],
  ['2500 x\r\n', ['malformed: the answer has no reply code: "2500 x"']],
]

test('a reply is read for what it plainly means, and no word is lost', () => {
  for (const [text, replies] of cases) assert.deepEqual(read([text]).replies, replies, text)
})

test('what a reply means does not hang on how it was cut', () => {
  for (const [text, replies] of cases) {
    const cut = read(Array.from(text))
    assert.deepEqual(
      cut.replies.map((one) => one.slice(0, 3)),
      replies.map((one) => one.slice(0, 3)),
      text,
    )
    assert.deepEqual(cut.heard, read([text]).heard, text)
  }
})

test('a reply has a limit, also when its words have no code or no end', () => {
  const long = 'x'.repeat(100)
  for (const line of [`250-${long}\r\n`, `250-${long}\n`, `250 a\n${`${long}\n`.repeat(12)}`]) {
    const { replies } = read([line.repeat(12)], 1000)
    assert.equal(
      replies.at(-1),
      'malformed: the reply is too long',
      JSON.stringify(line.slice(0, 9)),
    )
  }
  const { replies } = read([`250 ${'x'.repeat(5000)}\r\n`], 100_000)
  assert.deepEqual(replies, ['malformed: a line of the reply is too long'])
})
