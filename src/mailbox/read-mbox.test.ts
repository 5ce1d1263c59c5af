import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concat, octetsOf, octetString } from '../base/octets.ts'
import { formatMbox } from './mbox.ts'
import { MboxReader } from './read-mbox.ts'

const date = 'Tue Nov  3 08:05:07 2026'

interface Read {
  readonly sender: string | undefined
  readonly text: string
  readonly tooLong: boolean
}

function readPieces(pieces: readonly string[], maxOctets = 1_000_000): readonly Read[] {
  const reader = new MboxReader({ maxOctets })
  const entries = [...pieces.flatMap((piece) => reader.push(octetsOf(piece))), ...reader.end()]
  return entries.map(({ sender, octets, tooLong }) => ({
    sender,
    text: octetString(octets),
    tooLong,
  }))
}

function read(file: string, maxOctets?: number): readonly Read[] {
  return readPieces([file], maxOctets)
}

test('messages begin at From lines and lose the empty line before the next', () => {
  const file = `From a@b.example ${date}\nX: 1\n\nHi\n\nFrom c@d.example ${date}\nX: 2\n\nHo\n`
  assert.deepEqual(read(file), [
    { sender: 'a@b.example', text: 'X: 1\n\nHi\n', tooLong: false },
    { sender: 'c@d.example', text: 'X: 2\n\nHo\n', tooLong: false },
  ])
})

const lines: readonly (readonly [string, string | undefined])[] = [
  [`From a@b.example ${date}`, 'a@b.example'],
  [`From "a b"@c.example ${date}`, '"a b"@c.example'],
  ['From a@b.example  Thu Jan 1 1:02:03 1970 +0100', 'a@b.example'],
  [`From MAILER-DAEMON ${date}`, ''],
  [`From <> ${date}`, ''],
  [`From - ${date}`, undefined],
  [`From ann at b.example  ${date}`, undefined],
]
for (const [line, sender] of lines) {
  test(`the sender of ${JSON.stringify(line)}`, () => {
    assert.deepEqual(read(`${line}\r\nX: 1\r\n`), [{ sender, text: 'X: 1\r\n', tooLong: false }])
  })
}

// Every form begins a message behind an empty line, these ones wherever they stand.
const forms: readonly (readonly [string, string | undefined])[] = [
  ['From a@b.example Mon Nov 23 18:29:07 2026', 'a@b.example'],
  ['From a@b.example Mon Nov 23 18:29 2026', 'a@b.example'],
  ['From a@b.example Mon Nov 23 18:29:07 CET 2026', 'a@b.example'],
  ['From a@b.example Mon Nov 23 18:29:07 2026 +0100', 'a@b.example'],
  ['From a@b.example Mon Nov 23 18:29:07 +0000 2026', 'a@b.example'],
  ['From a@b.example Mon Nov 23 2026 18:29:07', 'a@b.example'],
  ['From a@b.example Mon, 23 Nov 2026 18:29:07 +0000', 'a@b.example'],
  ['From a@b.example Monday, 23-Nov-26 18:29:07 GMT', 'a@b.example'],
  ['From a@b.example 23 Nov 2026 18:29:07 +0000 (UTC)', 'a@b.example'],
  ['From a@b.example 2026-11-23T18:29:07Z', 'a@b.example'],
  ['From a@b.example 2026-11-23 18:29:07.5 +0100', 'a@b.example'],
  ['From a@b.example Nov 23, 2026, 18:29', 'a@b.example'],
  ['From a@b.example Mon Nov 23 18:29:07 2026 remote from y', 'a@b.example'],
  ['From <a@b.example> Mon Nov 23 18:29:07 2026', 'a@b.example'],
  ['From "a b"@c.example Mon Nov 23 18:29:07 2026', '"a b"@c.example'],
  ['From 1234@xxx Mon Nov 23 18:29:07 +0000 2026', '1234@xxx'],
  ['From MAILER-DAEMON Mon Nov 23 18:29:07 2026', ''],
  ['From - Mon Nov 23 18:29:07 2026', undefined],
  ['From root Mon Nov 23 18:29:07 2026', undefined],
  ['From ???@??? Mon Nov 23 18:29:07 2026', '???@???'],
  ['From  Mon Nov 23 18:29:07 2026', undefined],
]
for (const [line, sender] of forms) {
  test(`${line} divides messages, with an empty line before it or without`, () => {
    for (const before of ['X: 1\n\nHi\n', 'X: 1\n\nHi\n\n']) {
      const found = read(`From z@b.example ${date}\n${before}${line}\nX: 2\n\nHo\n`)
      assert.deepEqual(
        found.map(({ sender: one, text }) => [one, text]),
        [
          ['z@b.example', 'X: 1\n\nHi\n'],
          [sender, 'X: 2\n\nHo\n'],
        ],
      )
    }
  })
}

test('a file that begins with From has a message, whatever stands behind', () => {
  for (const line of ['From ann@north.example', 'From ', 'From x', 'From now on: all is well']) {
    for (const before of ['', '\n\n', '\xef\xbb\xbf', '\xef\xbb\xbf\r\n']) {
      assert.deepEqual(
        readPieces(Array.from(`${before}${line}\nX: 1\n`)).map(({ text }) => text),
        ['X: 1\n'],
        line,
      )
    }
  }
})

test('a line without a date divides behind an empty line, before a field, cut anywhere', () => {
  const file =
    'From a@b.example\nX: 1\n\nHi\n\nFrom c@d.example\nX: 2\n\nFrom here at 10:30\nX: 3\n'
  for (let i = 0; i <= file.length; i++) {
    assert.deepEqual(
      readPieces([file.slice(0, i), file.slice(i)]).map(({ sender, text }) => [sender, text]),
      [
        ['a@b.example', 'X: 1\n\nHi\n'],
        ['c@d.example', 'X: 2\n'],
        [undefined, 'X: 3\n'],
      ],
    )
  }
})

test('a line with nothing but From divides before a field, cut anywhere', () => {
  const two = ['X: 1\n\nHi\n', 'X: 2\n\nHo\n']
  for (const file of [
    'From \nX: 1\n\nHi\n\nFrom \nX: 2\n\nHo\n',
    `From \n${two[0]}From \n${two[1]}`,
  ]) {
    for (let i = 0; i <= file.length; i++) {
      const found = readPieces([file.slice(0, i), file.slice(i)])
      assert.deepEqual(
        found.map(({ text }) => text),
        two,
      )
    }
  }
})

test('in a file of other From lines one with nothing in it wants an empty line, too', () => {
  const start = `From a@b.example ${date}\nX: 1\n\nHi\n`
  assert.equal(read(`${start}From \nTo: be filled in\n`).length, 1)
  assert.equal(read(`${start}\nFrom \nbut no field\n`).length, 1)
  assert.equal(read(`From \nX: 1\n\nHi\nFrom \nbut no field\n`).length, 1)
  assert.equal(read(`${start}\nFrom \nX: 2\n`).length, 2)
})

test('From in a text starts no message', () => {
  const start = `From a@b.example ${date}\n`
  for (const text of [
    'Hi\nFrom a@b.example now\n',
    `Hi\nFrom ann at c.example ${date}\n`,
    'Hi\n\nFrom a@b.example\nand so on\n',
    'Hi\nFrom a@b.example\nX: 1\n',
    'Hi\n\nFrom here on\nX: 1\n',
    'Hi\n\nFrom now on all is well, at 12:30 or so\n',
    `Hi\n\n From c@d.example ${date}\n`,
  ]) {
    assert.deepEqual(
      read(start + text).map((one) => one.text),
      [text],
    )
  }
})

test('one > is taken away from quoted From lines, and only there', () => {
  const file = `From a@b.example ${date}\n>From here\n>>From there\n> From\n>Fro\nx >From\n`
  assert.deepEqual(
    read(file).map(({ text }) => text),
    ['From here\n>From there\n> From\n>Fro\nx >From\n'],
  )
})

test('what is no mbox file has no messages', () => {
  assert.deepEqual(read(''), [])
  assert.deepEqual(read('X: 1\n\nHello\n'), [])
  assert.deepEqual(read(`X: 1\n\nFrom a@b.example ${date}\nX: 2\n`).length, 1)
})

test('what stands before the first message is counted, empty lines and a mark are not', () => {
  const passedOver = (file: string): number => {
    const reader = new MboxReader({ maxOctets: 1000 })
    for (const piece of Array.from(file)) reader.push(octetsOf(piece))
    reader.end()
    return reader.passedOver
  }
  const message = `From a@b.example ${date}\nX: 2\n`
  assert.equal(passedOver(`X: 1\n\n${message}`), 6)
  assert.equal(passedOver(`\xef\xbb\xbf\n\r\n${message}`), 0)
  assert.equal(passedOver('X: 1'), 4)
})

test('a message over the limit is cut and says so, and the next one is read', () => {
  const start = `From a@b.example ${date}\n`
  assert.deepEqual(
    read(`${start}${'x'.repeat(100)}\n\n${start}X: 2\n`, 10).map(({ text, tooLong }) => [
      text.length,
      tooLong,
    ]),
    [
      [10, true],
      [5, false],
    ],
  )
})

test('cut anywhere, the same messages', () => {
  const file = `From a@b.example ${date}\r\nX: 1\r\n\r\n>From x\r\n\r\nFrom MAILER-DAEMON ${date}\r\n\r\nFrom\r\n`
  const whole = read(file)
  assert.equal(whole.length, 2)
  for (let i = 0; i <= file.length; i++) {
    assert.deepEqual(readPieces([file.slice(0, i), file.slice(i)]), whole)
    for (let j = i; j <= file.length; j += 7) {
      assert.deepEqual(readPieces([file.slice(0, i), file.slice(i, j), file.slice(j)]), whole)
    }
  }
  assert.deepEqual(readPieces(Array.from(file)), whole)
})

test('what was written is read back, whole and octet by octet (property)', async () => {
  const piece = fc.constantFrom('From ', 'From', '>', '\n', 'x', ' ', `From a@b ${date}`, '\n\n')
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''))
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 4 }), async (messages) => {
      const file = (await Promise.all(messages.map(written))).join('')
      const ended = messages.map((one) => (one === '' || one.endsWith('\n') ? one : `${one}\n`))
      for (const got of [read(file), readPieces(Array.from(file))]) {
        assert.deepEqual(
          got.map((one) => one.text),
          ended,
        )
      }
    }),
  )
})

async function written(text: string): Promise<string> {
  const chunks: Uint8Array[] = []
  const message = { reversePath: 'a@b.example', receivedAt: 0, chunks: chunksOf(text) }
  for await (const chunk of formatMbox(message)) chunks.push(chunk)
  return octetString(concat(chunks))
}

async function* chunksOf(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield octetsOf(text)
}

test('a line without an end, and spaces without an end, take no more time than they are long', () => {
  const many = 4_000_000
  const before = process.cpuUsage()
  readPieces(Array.from({ length: 64 }, () => 'x'.repeat(many / 64)))
  read(`From ${' '.repeat(many)}\n`)
  read(`\n\n${'From   Mon   Nov   \n\n'.repeat(many / 100)}`)
  assert.ok(process.cpuUsage(before).user < 5000_000)
})
