import assert from 'node:assert/strict'
import { test } from 'node:test'
import { directoryOf } from '../directory/test-support/directory.ts'
import { generateDkimKey } from '../dkim/dkim.ts'
import { decodeUtf8, encodeUtf8 } from '../base/octets.ts'
import type { OpenMessage } from '../store/ports/contents.ts'
import type { Acceptance } from '../store/ports/post.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { Decided } from './decided.ts'
import {
  dayMs,
  noticesIn,
  start,
  testItem,
  type TestWorld,
  testWorld,
} from './test-support/world.ts'

function refused(reversePath: string, change: Partial<QueueItem> = {}): Decided {
  const item = testItem({ reversePath, ...change })
  const because = 'It was refused.'
  const result = { result: 'failed', status: '5.1.1', because, outcome: undefined } as const
  const attempt = {
    item,
    host: 'mx.south.example',
    ip: '203.0.113.20',
    result,
    lines: [],
    refusedToTalk: false,
  }
  return { attempt, outcome: { type: 'failed' }, status: '5.1.1', because, warn: false }
}

async function reportFor(world: TestWorld, reversePath: string): Promise<Acceptance> {
  const notified = await noticesIn(world).about([refused(reversePath)], [])
  assert.ok(notified?.acceptance !== undefined)
  return notified.acceptance
}

function textOf(acceptance: Acceptance | undefined): string {
  const source = acceptance?.message?.content.source
  assert.ok(source?.type === 'octets')
  return decodeUtf8(source.octets) ?? ''
}

function headerOf({ message }: Acceptance): string {
  assert.ok(message?.content.source.type === 'octets')
  const prefix = decodeUtf8(message.prefix) ?? ''
  const text = prefix + (decodeUtf8(message.content.source.octets) ?? '')
  return text.slice(0, text.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ')
}

const { privateKey } = generateDkimKey('ed25519')

const world = testWorld({
  directory: directoryOf(['anna@north.example'], (domain) =>
    domain === 'north.example' || domain === 'mx.north.example'
      ? [{ domain: 'north.example', selector: 's', algorithm: 'ed25519-sha256', privateKey }]
      : [],
  ),
})

test('a report to a person here is filed with the null Return-Path, and signed', async () => {
  const report = await reportFor(world, 'anna@north.example')
  assert.deepEqual(
    report.mailbox.map(({ account, role }) => [account, role]),
    [['anna@north.example', 'inbox']],
  )
  assert.deepEqual(report.queue, [])
  assert.match(headerOf(report), /^Return-Path: <>\r\nDKIM-Signature: .*\r\nFrom: /)
  assert.match(headerOf(report), /^From: Mail delivery <postmaster@north\.example>$/m)
})

test('a report to a sender elsewhere is queued from nobody, in our own name and signed', async () => {
  const report = await reportFor(world, 'eve@west.example')
  assert.deepEqual(report.mailbox, [])
  const [item] = report.queue
  assert.equal(item?.reversePath, '')
  assert.equal(item?.recipient, 'eve@west.example')
  assert.equal(item?.destination, 'west.example')
  assert.deepEqual(item?.dsn, { notify: ['never'] })
  assert.equal(item?.expiresAt, start + 5 * dayMs)
  // We have no postmaster in the sender's domain, nor a key for it.
  assert.match(headerOf(report), /^From: Mail delivery <postmaster@mx\.north\.example>$/m)
  assert.match(headerOf(report), /^DKIM-Signature: .*d=north\.example/m)
  assert.doesNotMatch(headerOf(report), /Return-Path/)
})

test('a report that goes elsewhere asks for no SMTPUTF8, one that stays keeps UTF-8 (RFC 6533 §4.5)', async () => {
  const change = { smtpUtf8: true, recipient: 'bøb@south.example' }
  const report = async (reader: string): Promise<Acceptance | undefined> => {
    return (await noticesIn(world).about([refused(reader, change)], []))?.acceptance
  }
  const [item] = (await report('eve@west.example'))?.queue ?? []
  assert.deepEqual([item?.smtpUtf8, item?.eightBit], [false, false])
  const here = await report('anna@north.example')
  assert.match(textOf(here), /^Content-Type: message\/global-delivery-status\r$/m)
  assert.match(textOf(here), /^Final-Recipient: utf-8; bøb@south\.example\r$/m)
  const own = (await report('ève@west.example'))?.queue ?? []
  assert.equal(own[0]?.smtpUtf8, true)
})

test('the recipient is told as it stood in RCPT, and who was asked is told apart', async () => {
  const change = { dsn: { rcptTo: 'team@north.example' } }
  const { attempt, ...rest } = refused('anna@north.example', change)
  const told = await noticesIn(world).about([{ attempt, ...rest }], [])
  const text = textOf(told?.acceptance)
  assert.match(text, /^Final-Recipient: rfc822; team@north\.example\r$/m)
  assert.match(text, /^SMTP-Remote-Recipient: bob@south\.example\r$/m)
  assert.doesNotMatch(text, /^Original-Recipient/m)
  const step = told?.step
  assert.deepEqual(step?.type === 'notified' && step.recipients, ['bob@south.example'])
  const socket = { ...attempt, host: '/run/lmtp', ip: '' }
  const local = await noticesIn(world).about([{ attempt: socket, ...rest }], [])
  assert.doesNotMatch(textOf(local?.acceptance), /^Remote-MTA/m)
})

test('its journey tells for whom it was made', async () => {
  const [journey] = (await reportFor(world, 'anna@north.example')).journeys
  assert.deepEqual(journey?.rcptTo, ['anna@north.example'])
  assert.equal(journey?.mailFrom, '')
  assert.equal(journey?.subject, 'Not delivered: Quote')
})

test('a report returns 64 KiB of a long message, and little more than that is read', async () => {
  const line = `${'x'.repeat(62)}\r\n`
  const octets = encodeUtf8(line.repeat(16))
  let read = 0
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield encodeUtf8('From: anna@north.example\r\n\r\n')
    for (;;) {
      read += octets.length
      yield octets
    }
  }
  const made = { prefix: new Uint8Array(0), omit: [], contentSize: 1e9 }
  const message: OpenMessage = { id: 'm1', size: 1e9, made, chunks, original: chunks }
  const long = testWorld({ openMessage: () => Promise.resolve(message) })
  const item = testItem({ reversePath: 'anna@north.example', dsn: { ret: 'full' } })
  const settled = refused('anna@north.example')
  const notified = await noticesIn(long).about(
    [{ ...settled, attempt: { ...settled.attempt, item } }],
    [],
  )
  const source = notified?.acceptance?.message?.content.source
  assert.ok(source?.type === 'octets')
  assert.ok(read > 65_536 - 1024 && read <= 65_536 + 1024, `${read} octets were read`)
  assert.ok(source.octets.length < 80_000)
})

test('a message that cannot be read any more does not keep its report', async () => {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield encodeUtf8('From: anna@north.example\r\nSubject: Quote\r\n\r\nHel')
    throw new Error('EIO')
  }
  const made = { prefix: new Uint8Array(0), omit: [], contentSize: 100 }
  const broken: OpenMessage = { id: 'm1', size: 100, made, chunks, original: chunks }
  const report = await reportFor(
    testWorld({ openMessage: () => Promise.resolve(broken) }),
    'anna@north.example',
  )
  assert.equal(report.mailbox.length, 1)
})

test('of a letter whose sender cannot be written, the postmaster of that domain hears, if it is ours', async () => {
  const report = await reportFor(world, 'SRS0=a=b=c="jo w"@north.example')
  assert.match(headerOf(report), /^To: <postmaster@north\.example>/m)
  assert.equal(report.mailbox[0]?.account, 'anna@north.example')
  const notified = await noticesIn(world).about([refused('"jo w@far.example')], [])
  assert.deepEqual([notified?.step.type, notified?.acceptance], ['not-notified', undefined])
})

test('where one copy serves several addresses of RCPT, each of them is told', async () => {
  const dsn = { rcptTo: 'a@north.example', alsoRcptTo: ['b@north.example'] }
  const notified = await noticesIn(world).about([refused('anna@north.example', { dsn })], [])
  const text = textOf(notified?.acceptance)
  assert.match(text, /^Final-Recipient: rfc822; a@north\.example\r$/m)
  assert.match(text, /^Final-Recipient: rfc822; b@north\.example\r$/m)
  assert.ok(notified?.step.type === 'notified')
  assert.deepEqual(notified.step.recipients, [testItem().recipient])
})
