import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFault } from '../desk/fault-text.ts'
import { saidWrong, stageOf } from './faulty-words.ts'

test('each reply belongs to the stage of what it answers', () => {
  const table: readonly (readonly [string, number, string | undefined])[] = [
    ['', 220, 'connect'],
    ['', 554, 'connect'],
    // Said without being asked: the time is over.
    ['', 451, undefined],
    ['EHLO', 250, 'ehlo'],
    // Who knows no EHLO knows HELO.
    ['HELO', 250, undefined],
    ['STARTTLS', 220, 'starttls'],
    ['AUTH', 334, undefined],
    ['AUTH', 235, 'auth'],
    ['AUTH', 535, 'auth'],
    ['MAIL FROM', 250, 'sender'],
    ['RCPT TO', 550, 'recipient'],
    ['DATA', 354, 'content'],
    ['DATA', 250, 'data'],
    ['DATA', 554, 'data'],
    ['BDAT', 250, 'data'],
    ['QUIT', 221, 'quit'],
    ['NOOP', 250, undefined],
    ['RSET', 250, undefined],
  ]
  for (const [command, code, stage] of table) assert.equal(stageOf({ command, code }), stage)
})

test('each word says the answer wrong in its own way', () => {
  const due = { command: 'RCPT TO', code: 250, text: '250 2.1.5 Recipient ok\r\n' }
  const said = (text: string): unknown => saidWrong(parseFault(text), due)
  assert.deepEqual(said('recipient:stall'), { text: '', next: 'go-on' })
  assert.deepEqual(said('recipient:lost'), { text: '', next: 'drop' })
  assert.deepEqual(said('recipient:drop'), { text: '', next: 'drop' })
  assert.deepEqual(said('recipient:cut'), { text: '250 2.1.5 Re', next: 'close' })
  const { text: nonsense, next } = saidWrong(parseFault('recipient:garbage'), due)
  assert.doesNotMatch(nonsense, /^\d/)
  assert.equal(next, 'go-on')
  const huge = saidWrong(parseFault('recipient:huge'), due)
  assert.ok(huge.text.length > 4_000_000 && huge.text.endsWith(due.text))
  const lines = huge.text.split('\r\n').slice(0, -2)
  assert.ok(lines.every((line) => line.startsWith('250-') && line.length <= 510))
  assert.equal(huge.next, 'go-on')
})

test('a code is said in place of the answer, and ends what could not go on behind it', () => {
  const due = { command: '', code: 220, text: '220 x\r\n' }
  const said = (text: string): unknown => saidWrong(parseFault(text), due)
  const text = (code: number): string =>
    `${code} ${Math.floor(code / 100)}.3.0 A fault that was set on purpose.\r\n`
  assert.deepEqual(said('ehlo:502'), { text: text(502), next: 'go-on' })
  assert.deepEqual(said('ehlo:421'), { text: text(421), next: 'close' })
  assert.deepEqual(said('starttls:454'), { text: text(454), next: 'close' })
  assert.deepEqual(said('content:451'), { text: text(451), next: 'close' })
  assert.deepEqual(said('quit:500'), { text: text(500), next: 'go-on' })
  const broken = saidWrong(parseFault('starttls:broken'), due)
  assert.ok(broken.text.startsWith('220 x\r\n') && broken.text.length > 10)
  assert.equal(broken.next, 'close')
})
