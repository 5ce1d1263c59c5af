import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUtf8 } from '../../base/octets.ts'
import { makeLetter } from './letter.ts'
import { readMessage } from './standard-input.ts'

const local = { domain: 'south.example', user: 'ann' }
const call = { recipients: [], fromHeader: true, sender: undefined, fullName: undefined }

function made(text: string, changes: Partial<Parameters<typeof makeLetter>[1]> = {}) {
  const result = makeLetter(encodeUtf8(text), { ...call, ...changes }, local)
  assert.ok(result.type === 'ready', JSON.stringify(result))
  const { from, to, octets } = result.letter
  return { from, to, text: Buffer.from(octets).toString() }
}

/** What programs write, and what is handed in: sender, recipients, message. */
const letters: readonly (readonly [
  what: string,
  text: string,
  changes: Partial<Parameters<typeof makeLetter>[1]>,
  envelope: string,
  out: string,
])[] = [
  [
    'cron’s way: bare names, a comment for a name',
    'From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@host> test\n\nout\n',
    { fromHeader: false, recipients: ['root'], sender: 'root' },
    'root@south.example root@south.example',
    'From: Cron Daemon <root@south.example>\r\nTo: root@south.example\r\nSubject: Cron <root@host> test\r\n\r\nout\r\n',
  ],
  [
    'no From: it is the user, with the name that -F gives',
    'To: bob@north.example\n\nHello\n',
    { fullName: 'Ann O. Smith' },
    'ann@south.example bob@north.example',
    'From: "Ann O. Smith" <ann@south.example>\r\nTo: bob@north.example\r\n\r\nHello\r\n',
  ],
  [
    'a name beyond ASCII is an encoded word',
    'To: bob@north.example\n\nHello\n',
    { fullName: 'Änne' },
    'ann@south.example bob@north.example',
    'From: =?utf-8?B?w4RubmU=?= <ann@south.example>\r\nTo: bob@north.example\r\n\r\nHello\r\n',
  ],
  [
    '-t takes To, Cc and Bcc, each once, and those of the command line',
    'From: a@b.example\nTo: Bob <bob@north.example>, carl\nCc: bob@north.example\nBcc: x@y.example\n\n',
    { recipients: ['dora@north.example, Emil <emil@north.example>'] },
    'ann@south.example dora@north.example emil@north.example bob@north.example carl@south.example x@y.example',
    'From: a@b.example\r\nTo: Bob <bob@north.example>,\r\n carl@south.example\r\nCc: bob@north.example\r\nBcc: x@y.example\r\n\r\n',
  ],
  [
    'what is sent again goes to those of the Resent fields',
    'From: a@b.example\nTo: bob@north.example\nResent-To: carl@north.example\n\n',
    {},
    'ann@south.example carl@north.example',
    'From: a@b.example\r\nTo: bob@north.example\r\nResent-To: carl@north.example\r\n\r\n',
  ],
  [
    'the line of an mbox in front is left out, and the null sender stays null',
    'From ann Thu Nov 26 10:00:00 2026\nFrom: a@b.example\nTo: c@d.example\n\nx',
    { sender: '' },
    ' c@d.example',
    'From: a@b.example\r\nTo: c@d.example\r\n\r\nx\r\n',
  ],
]
for (const [what, text, changes, envelope, out] of letters) {
  test(what, () => {
    const one = made(text, changes)
    assert.equal([one.from, ...one.to].join(' '), envelope)
    assert.equal(one.text, out)
  })
}

test('nobody to get it, and no address, are told apart', () => {
  const nobody = makeLetter(encodeUtf8('Subject: x\n\n'), call, local)
  assert.deepEqual([nobody.type, nobody.type === 'wrong' && nobody.what], ['wrong', 'usage'])
  const odd = makeLetter(encodeUtf8('To: a@b..example\n\n'), call, local)
  assert.deepEqual([odd.type, odd.type === 'wrong' && odd.what], ['wrong', 'data'])
  const sender = makeLetter(encodeUtf8('To: a@b.example\n\n'), { ...call, sender: 'a@@b' }, local)
  assert.equal(sender.type === 'wrong' && sender.what, 'usage')
})

/** Input, whether dots are text, and what is read. */
const inputs: readonly (readonly [text: string, dotIsText: boolean, read: string])[] = [
  ['a\nb\n', false, 'a\nb\n'],
  ['a\n.\nb\n', false, 'a\n'],
  ['a\r\n.\r\nb\r\n', false, 'a\r\n'],
  ['a\n.\nb\n', true, 'a\n.\nb\n'],
  ['.\na', false, ''],
  ['a\n..\n.b\n', false, 'a\n..\n.b\n'],
  ['a\n.', false, 'a\n'],
  ['a\n.', true, 'a\n.'],
  ['.', false, ''],
  ['a.\nb', false, 'a.\nb'],
  ['', false, ''],
]
for (const [text, dotIsText, read] of inputs) {
  test(`${JSON.stringify(text)}, dots ${dotIsText ? 'are text' : 'end it'}, however it is cut`, async () => {
    const octets = encodeUtf8(text)
    const cuts = Array.from({ length: octets.length + 1 }, (_, at) => [
      octets.subarray(0, at),
      octets.subarray(at),
    ])
    for (const pieces of [...cuts, Array.from(octets, (octet) => Uint8Array.of(octet))]) {
      async function* input(): AsyncGenerator<Uint8Array> {
        yield* pieces
      }
      const got = await readMessage(input(), dotIsText)
      assert.ok(got.type === 'octets')
      assert.equal(Buffer.from(got.octets).toString(), read)
    }
  })
}
