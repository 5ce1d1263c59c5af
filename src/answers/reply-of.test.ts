import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reply } from '../smtp/reply.ts'
import { replyOf } from './reply-of.ts'

const two = { code: 550, enhanced: '5.1.1', lines: ['No', 'such user'] }

/** What a person pasted or a report tells, and the reply in it. */
const cases: readonly (readonly [what: string, text: string, reply: ReturnType<typeof replyOf>])[] =
  [
    ['one line', '550 5.1.1 No such user', { ...two, lines: ['No such user'] }],
    ['space around it', '\r\n 550 5.1.1 No such user \n', { ...two, lines: ['No such user'] }],
    ['lines as they were sent', '550-5.1.1 No\r\n550 5.1.1 such user\r\n', two],
    ['lines of a terminal', '550-5.1.1 No\n550 5.1.1 such user', two],
    ['lines that were joined', '550-5.1.1 No 550 5.1.1 such user', two],
    ['lines without their code', '550 5.1.1 No\nsuch user', two],
    ['another number in the text', '550 No 450 here', reply(550, null, 'No 450 here')],
    ['no enhanced code', '452 Too busy', reply(452, null, 'Too busy')],
    ['a code alone', '421', reply(421, null, '')],
    ['no refusal', '250 2.0.0 Ok', undefined],
    ['a challenge', '334 UGFzc3dvcmQ6', undefined],
    ['four digits', '5501 No', undefined],
    ['two digits', '55 No', undefined],
    ['words', 'No such user', undefined],
    ['a code that does not begin it', 'said: 550 No', undefined],
    ['nothing', '', undefined],
  ]

for (const [what, text, wanted] of cases) {
  test(`the reply in ${what}`, () => {
    assert.deepEqual(replyOf(text), wanted)
  })
}

test('a line that is too long for a reply is several, and nothing of it is lost', () => {
  const text = 'x'.repeat(4001)
  assert.deepEqual(
    replyOf(`550 ${text}`)?.lines.map(({ length }) => length),
    [2000, 2000, 1],
  )
})

test('no more is read than a reply may have', () => {
  const read = replyOf(`550 ${'x'.repeat(100_000)}`)
  assert.equal(read?.lines.join('').length, 65_536 - '550 '.length)
})
