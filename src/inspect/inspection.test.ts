import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUtf8 } from '../base/utf8.ts'
import { generateDkimKey, signDkim } from '../dkim/dkim.ts'
import type { Resolver } from '../dns/resolver.ts'
import { splitMessage } from '../message/header-reader.ts'
import { Inspection } from './inspection.ts'

const facts = {
  ip: '192.0.2.10',
  helo: 'mx.north.example',
  mailFrom: 'sender@north.example',
  receiver: 'mx.south.example',
  now: 1_800_000_000,
}

/** A resolver that does what none may do. */
const broken: Resolver = { resolve: () => Promise.reject(new Error('the resolver broke')) }

const { privateKey } = generateDkimKey('ed25519')
const letter = encodeUtf8('From: sender@north.example\r\nSubject: x\r\n\r\nHello\r\n')
const key = {
  domain: 'north.example',
  selector: 's',
  algorithm: 'ed25519-sha256',
  privateKey,
} as const
const signatures = signDkim(letter, { keys: [key], now: facts.now })
const seal = [1, 2].map((i) => [
  `ARC-Authentication-Results: i=${i}; a.example; spf=pass`,
  `ARC-Message-Signature: i=${i}; a=rsa-sha256; d=a.example; s=s; h=from; bh=aaaa; b=aaaa`,
  `ARC-Seal: i=${i}; a=rsa-sha256; d=a.example; s=s; cv=${i === 1 ? 'none' : 'pass'}; b=aaaa`,
])
const header = `${seal.flat().join('\r\n')}\r\n${signatures.join('')}`
const message = splitMessage(encodeUtf8(header + Buffer.from(letter).toString()))

function begin(resolver: Resolver): Inspection {
  const resolvers = { spf: resolver, dkim: resolver, arc: resolver, dmarc: resolver }
  return new Inspection(facts, resolvers)
}

test('a letter that is given up leaves no promise that nobody listens to', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => {
    unhandled.push(reason)
  }
  process.on('unhandledRejection', note)
  try {
    begin(broken)
    const later = begin(broken)
    later.header(message.header)
    later.body(message.body)
    for (let i = 0; i < 5; i++) await new Promise(setImmediate)
  } finally {
    process.off('unhandledRejection', note)
  }
  assert.deepEqual(unhandled, [])
})

test('a letter that is finished tells what broke', async () => {
  const inspection = begin(broken)
  inspection.header(message.header)
  inspection.body(message.body)
  await assert.rejects(inspection.finish(), /the resolver broke/)
})

test('without a header there is nothing to finish', async () => {
  await assert.rejects(begin(broken).finish(), /before the header/)
})
