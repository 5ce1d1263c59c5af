import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { concat, octetsOf, octetString } from '../base/octets.ts'
import type { LineEnding } from './line-endings.ts'
import { formatMbox, fromLine } from './mbox.ts'

const receivedAt = Date.UTC(2026, 10, 3, 8, 5, 7)

async function* chunksOf(pieces: readonly string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const piece of pieces) yield octetsOf(piece)
}

async function mbox(pieces: readonly string[], lineEnding: LineEnding = 'lf'): Promise<string> {
  const chunks: Uint8Array[] = []
  const message = { reversePath: 'a@b.example', receivedAt, chunks: chunksOf(pieces) }
  for await (const chunk of formatMbox(message, lineEnding)) chunks.push(chunk)
  return octetString(concat(chunks))
}

/** The slow obvious way: the messages of a file with LF. */
function readMboxrd(file: string): readonly string[] {
  return file
    .split(/^From .*\n/m)
    .slice(1)
    .map((text) => text.replace(/\n$/, '').replace(/^>(>*From )/gm, '$1'))
}

test('the From line has the sender and the time in UTC', () => {
  assert.equal(fromLine('a@b.example', receivedAt), 'From a@b.example Tue Nov  3 08:05:07 2026')
  assert.equal(fromLine('', receivedAt), 'From MAILER-DAEMON Tue Nov  3 08:05:07 2026')
  assert.equal(fromLine('"a\r\n b"@c', receivedAt), 'From "a___b"@c Tue Nov  3 08:05:07 2026')
})

test('From lines in the text are quoted, quoted ones once more', async () => {
  const text =
    'Subject: x\r\n\r\nFrom here\r\n>From there\r\n>>From\r\n>> From\r\nFro m\r\n From x\r\n'
  assert.equal(
    await mbox([text]),
    'From a@b.example Tue Nov  3 08:05:07 2026\n' +
      'Subject: x\n\n>From here\n>>From there\n>>From\n>> From\nFro m\n From x\n\n',
  )
})

test('a message without a last line end is given one', async () => {
  const head = 'From a@b.example Tue Nov  3 08:05:07 2026\n'
  assert.equal(await mbox(['a']), `${head}a\n\n`)
  assert.equal(await mbox(['a\r\nFrom']), `${head}a\nFrom\n\n`)
  assert.equal(await mbox([]), `${head}\n`)
})

test('CRLF stays when it is asked for', async () => {
  assert.equal(
    await mbox(['a\r\nFrom b\r\n'], 'crlf'),
    'From a@b.example Tue Nov  3 08:05:07 2026\r\na\r\n>From b\r\n\r\n',
  )
})

test('octets pass as they are', async () => {
  assert.ok((await mbox(['\0\xff\x80\r\n'])).includes('\n\0\xff\x80\n'))
})

test('cut anywhere, the same file', async () => {
  const text = '>From a\r\n\r\r\nFrom b\nFrom\r\n>>>>From \r\nF'
  const whole = await mbox([text])
  for (let i = 0; i <= text.length; i++) {
    for (let j = i; j <= text.length; j++) {
      assert.equal(await mbox([text.slice(0, i), text.slice(i, j), text.slice(j)]), whole)
    }
  }
})

test('messages are read back from a file of many (property)', async () => {
  const piece = fc.constantFrom(
    'From ',
    'From',
    '>',
    '\r\n',
    'x',
    ' ',
    'F',
    'r',
    'o',
    'm',
    '\r\n\r\n',
  )
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''))
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 4 }), async (messages) => {
      const file = (await Promise.all(messages.map((message) => mbox(Array.from(message))))).join(
        '',
      )
      const lf = messages.map((message) => message.replaceAll('\r\n', '\n'))
      const ended = lf.map((message) =>
        message === '' || message.endsWith('\n') ? message : `${message}\n`,
      )
      assert.deepEqual(readMboxrd(file), ended)
    }),
  )
})
