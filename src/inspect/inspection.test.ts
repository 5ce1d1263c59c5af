import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUtf8 } from '../base/octets.ts'
import { generateDkimKey, signDkim } from '../dkim/dkim.ts'
import { craftSet, testKey, zoneOf } from '../arc/test-support/chains.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
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

const { privateKey, publicKey } = generateDkimKey('ed25519')
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

test('a header that costs too much to check under many signatures is checked under some', async () => {
  const text = encodeUtf8(`X: ${'a b '.repeat(100_000)}\r\n${Buffer.from(letter).toString()}`)
  const headerPolicy = { signed: ['from', 'x'], oversigned: [] }
  const fields = signDkim(text, { keys: [key, key, key], now: facts.now, headerPolicy })
  const signed = splitMessage(encodeUtf8(fields.join('') + Buffer.from(text).toString()))
  const record = `k=ed25519; p=${publicKey}`
  const inspection = begin(new MemoryResolver({ 's._domainkey.north.example': { TXT: [record] } }))
  inspection.header(signed.header)
  inspection.body(signed.body)
  const { dkim } = await inspection.finish()
  assert.deepEqual(
    dkim.map((one) => (one.result === 'pass' ? 'pass' : `${one.result} ${one.reason.code}`)),
    ['pass', 'pass', 'policy too-much-signed'],
  )
})

test('so is a chain of seals', async () => {
  const { key: sealKey, record } = testKey('ed25519')
  const chain = async (sets: number): Promise<string> => {
    let text = Buffer.from(letter).toString('latin1')
    for (let instance = 1; instance <= sets; instance++) {
      const results = ` i=${instance}; x.example; x=${'y '.repeat(50_000)}`
      text = craftSet(text, { instance, key: sealKey, results })
    }
    const { header: fields, body } = splitMessage(encodeUtf8(text))
    const inspection = begin(zoneOf(record, 50))
    inspection.header(fields)
    inspection.body(body)
    const { arc } = await inspection.finish()
    return arc.result === 'fail' ? arc.reason.code : arc.result
  }
  // Seals over 100 KB, 200 KB and so on: 2.8 MB in all, and 4.5 MB.
  assert.equal(await chain(7), 'pass')
  assert.equal(await chain(9), 'too-much-signed')
})
