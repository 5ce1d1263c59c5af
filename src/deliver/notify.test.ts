import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateDkimKey } from '../dkim/dkim.ts'
import { decodeUtf8 } from '../base/utf8.ts'
import type { Acceptance } from '../store/store.ts'
import { notify } from './notify.ts'
import type { Settled } from './settle.ts'
import { dayMs, start, testItem, testWorld } from './test-support/world.ts'
import type { DeliverWorld } from './world.ts'

function refused(reversePath: string): Settled {
  const item = testItem({ reversePath })
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

async function reportFor(world: DeliverWorld, reversePath: string): Promise<Acceptance> {
  const notified = await notify(world, [refused(reversePath)], [])
  assert.ok(notified?.acceptance !== undefined)
  return notified.acceptance
}

function headerOf({ message }: Acceptance): string {
  assert.ok(message?.content.source.type === 'octets')
  const prefix = decodeUtf8(message.prefix) ?? ''
  const text = prefix + (decodeUtf8(message.content.source.octets) ?? '')
  return text.slice(0, text.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ')
}

const { privateKey } = generateDkimKey('ed25519')

const world = testWorld({
  signingKeys: (domain) =>
    domain === 'north.example' || domain === 'mx.north.example'
      ? [{ domain: 'north.example', selector: 's', algorithm: 'ed25519-sha256', privateKey }]
      : [],
})

test('a report to a person here is filed with the null Return-Path, unsigned', async () => {
  const report = await reportFor(world, 'anna@north.example')
  assert.deepEqual(
    report.mailbox.map(({ account, mailbox }) => [account, mailbox]),
    [['anna@north.example', 'Inbox']],
  )
  assert.deepEqual(report.queue, [])
  assert.match(headerOf(report), /^Return-Path: <>\r\nFrom: /)
  assert.match(headerOf(report), /^From: Mail delivery <postmaster@north\.example>$/m)
  assert.doesNotMatch(headerOf(report), /DKIM-Signature/)
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

test('its journey tells for whom it was made', async () => {
  const [journey] = (await reportFor(world, 'anna@north.example')).journeys
  assert.deepEqual(journey?.rcptTo, ['anna@north.example'])
  assert.equal(journey?.mailFrom, '')
  assert.equal(journey?.subject, 'Not delivered: Quote')
})
