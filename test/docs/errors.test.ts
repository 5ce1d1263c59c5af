/** docs/errors.md tells every error code and every reply, and no other. */
import assert from 'node:assert/strict'
import * as dialogue from '../../src/smtp/reply.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  busy,
  connectionLost,
  dmarcRefusal,
  fieldTooLong,
  longLine,
  noAddressIn,
  notYours,
  notYoursIn,
  replies,
} from '../../src/receive/replies.ts'
import { notInLab } from '../../src/lab/network.ts'
import { cell, checkMade, codeWords, readPage, root, section, tableRows } from './page.ts'

const page = readPage('docs/errors.md')

test('every error code is told, and no other', () => {
  // A union of literals exists only for the compiler, so its source is read.
  const source = readFileSync(join(root, 'src/base/error.ts'), 'utf8')
  const union = /export type ErrorCode =([^=]+?)\n\n/.exec(source)?.[1] ?? ''
  const codes = Array.from(union.matchAll(/'([a-z-]+)'/g), (match) => match[1] ?? '')
  assert.ok(codes.length > 5)
  const told = tableRows(section(page, '## When the program stops')).flatMap(([code = '']) => {
    return codeWords(code).slice(0, 1)
  })
  assert.deepEqual(told.sort(), codes.sort())
})

test('the exit code of each error is the one of the command line', () => {
  const source = readFileSync(join(root, 'src/cli/run.ts'), 'utf8')
  const exits = readFileSync(join(root, 'src/cli/output.ts'), 'utf8')
  const numbers = new Map(
    Array.from(exits.matchAll(/^ {2}([a-zA-Z]+): (\d),$/gm), ([, name = '', n = '']) => [name, n]),
  )
  const real: string[] = Array.from(
    source.matchAll(/((?: {4}case '[a-z-]+':\n)+) {6}return exitCodes\.([a-zA-Z]+)/g),
  ).flatMap(([, cases = '', exit = '']) => {
    return Array.from(cases.matchAll(/'([a-z-]+)'/g), ([, code]) => `${code} ${numbers.get(exit)}`)
  })
  const told = tableRows(section(page, '## When the program stops')).map(([code = '', exit]) => {
    return `${codeWords(code)[0]} ${exit}`
  })
  assert.deepEqual(told.sort(), real.sort())
})

test('every reply to a message is told to the letter, and no other', () => {
  const all = [
    ...Object.values(replies),
    notYours('other@example.com', 'user@example.com'),
    notYoursIn('Sender', 'other@example.com', 'user@example.com'),
    noAddressIn('From', 'Tester'),
    dmarcRefusal('example.com', 'reject'),
    longLine('subject'),
    fieldTooLong('from', 16_384),
    busy('mx.example.com'),
    notInLab('example.net'),
    connectionLost,
  ]
  const real = all.map(({ code, enhanced, lines }) => `${code} ${enhanced} ${lines.join(' ')}`)
  const rows = tableRows(section(page, '## What a sending server is told'))
  assert.deepEqual(rows.flatMap(([reply = '']) => codeWords(reply).slice(0, 1)).sort(), real.sort())
})

const samples: Readonly<Record<string, (make: never) => dialogue.Reply>> = {
  help: () => dialogue.help(['…']),
  greeting: () => dialogue.greeting('…', 'Waybill'),
  heloAccepted: () => dialogue.heloAccepted('…'),
  challenge: () => dialogue.challenge('…'),
  badSender: () => dialogue.badSender('…'),
  badRecipient: () => dialogue.badRecipient('…'),
  unknownParameter: () => dialogue.unknownParameter('…'),
  badParameter: () => dialogue.badParameter('…', '…'),
  messageTooBig: () => dialogue.messageTooBig(0),
}
/** What makes or writes replies and says nothing itself. */
const shapes = ['reply', 'withReference', 'formatReply', 'spokenReply', 'describeReply']

function sampleOf(name: string, value: unknown): dialogue.Reply | undefined {
  if (typeof value !== 'function') return value as dialogue.Reply
  const sample = samples[name]
  assert.ok(sample !== undefined || shapes.includes(name), `${name} needs a sample in this test`)
  return sample?.(value as never)
}

test('every reply of the dialogue is told', () => {
  const all = Object.entries(dialogue).flatMap(([name, value]) => sampleOf(name, value) ?? [])
  const rows = all.map(({ code, enhanced, lines }) => {
    const text = lines.join(' ').replace(/\b0 octets/, '… octets')
    return `| ${code} | ${enhanced ?? ''} | ${cell(text)} |`
  })
  const sorted = rows.sort((a, b) => (a < b ? -1 : 1))
  checkMade(
    'docs/errors.md',
    'replies',
    ['| Code | Enhanced | Text |', '| --- | --- | --- |', ...sorted].join('\n'),
  )
})
