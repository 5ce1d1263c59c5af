import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { MemoryResolver } from '../dns/memory-resolver.ts'
import { heldNow } from '../signature/test-support/held-memory.ts'
import { mutations } from '../signature/test-support/letters.ts'
import {
  DkimVerifier,
  formatDkimRecord,
  generateDkimKey,
  signDkim,
  splitMessage,
  verifyDkim,
} from './dkim.ts'

const now = 1_700_000_000
const ed = generateDkimKey('ed25519')
const rsa = generateDkimKey('rsa', 1024)
const zone = {
  'e1._domainkey.north.example': { TXT: [formatDkimRecord(ed)] },
  'r1._domainkey.north.example': { TXT: [formatDkimRecord(rsa)] },
}
const resolver = new MemoryResolver(zone)
const keys = [
  { domain: 'north.example', selector: 'e1', privateKey: ed.privateKey },
  { domain: 'north.example', selector: 'r1', privateKey: rsa.privateKey },
]
const letter = 'From: a@north.example\r\nTo: b@south.example\r\nSubject: x\r\n\r\nHello  there\r\n'
const signed = Buffer.from(signDkim(Buffer.from(letter), { keys, now }).join('') + letter)

/** Far above what a bounded verification takes, far below what an unbounded one would. */
const boundMs = 3000

async function bounded(message: Uint8Array, records = zone): Promise<readonly string[]> {
  const started = process.cpuUsage()
  const found = await verifyDkim(message, { resolver: new MemoryResolver(records), now })
  const used = process.cpuUsage(started)
  assert.ok((used.user + used.system) / 1000 < boundMs)
  return found.map((verdict) => verdict.result)
}

test('no single changed, added or lost octet of a signed message makes the verifier throw, nor a changed one pass unseen', async () => {
  await fc.assert(
    fc.asyncProperty(mutations(signed), async ({ message, at, octet, how }) => {
      const verdicts = await verifyDkim(message, { resolver, now })
      for (const verdict of verdicts) assert.ok(verdict.result.length > 0)
      // A letter of the From field that becomes another one can never be forgiven.
      const from = signed.indexOf('a@north')
      if (how === 'change' && at === from && octet !== signed[at]) {
        assert.ok(verdicts.every((verdict) => verdict.result !== 'pass'))
      }
    }),
    { numRuns: 600 },
  )
})

test('every octet of the signed From field, the subject and the body counts', async () => {
  const text = signed.toString('latin1')
  for (const part of ['a@north.example\r\nTo', 'Subject: x', 'Hello', 'there']) {
    const start = text.indexOf(part)
    for (let at = start; at < start + part.length; at++) {
      const octet = signed[at] ?? 0
      const message = Buffer.from(signed)
      // Case folding of a field name, and white space, are what relaxed forgives.
      if (octet <= 32) continue
      message[at] = octet ^ 1
      const verdicts = await verifyDkim(message, { resolver, now })
      assert.ok(
        verdicts.every((verdict) => verdict.result !== 'pass'),
        text.slice(start, at + 1),
      )
    }
  }
})

test('random octets, as a message and as a key record, are judged', async () => {
  const odd = fc.string({
    unit: fc.constantFrom(
      'DKIM-Signature:',
      'v=1;',
      'a=rsa-sha256;',
      'b=',
      ';',
      '\r\n',
      ' ',
      '=',
      'x',
      '\xff',
      '\x00',
    ),
    maxLength: 60,
  })
  await fc.assert(
    fc.asyncProperty(odd, odd, async (text, record) => {
      await verifyDkim(Buffer.from(text, 'latin1'), { resolver, now })
      const records = { 'e1._domainkey.north.example': { TXT: [record] } }
      await verifyDkim(signed, { resolver: new MemoryResolver(records), now })
    }),
    { numRuns: 200 },
  )
})

test('one field of two megabytes is no trouble, signed or not, and whatever is in it', async () => {
  const size = 2 << 20
  for (const filling of ['x', ' ', '\r\n ', 'a ', ';', '=', 'a=b;', ':', 'from:', '\t\r\n ']) {
    const filled = filling.repeat(size / filling.length)
    const [subject] = splitMessage(Buffer.from(`Subject: ${filled}\r\n\r\n`)).header.fields
    assert.ok(subject !== undefined)
    const long = Buffer.from(letter.replace('Subject: x', `Subject: ${filled}.`))
    const both = Buffer.concat([Buffer.from(signDkim(long, { keys, now }).join('')), long])
    assert.deepEqual(await bounded(both), ['pass', 'pass'], JSON.stringify(filling))
    for (const tag of ['', 'h=', 'b=', 'i=', 'd=', 'z=', 'v=1; a=rsa-sha256; bh=']) {
      const field = `DKIM-Signature: ${tag}${filled}\r\n`
      assert.deepEqual(await bounded(Buffer.from(field + letter)), ['permerror'])
    }
  }
})

test('ten thousand other fields cost little, and ten signatures that sign them all', async () => {
  const many = `${'X-Field: y\r\n'.repeat(10_000)}${letter}`
  const headerPolicy = {
    signed: Array.from({ length: 900 }, (_, i) => `x-field${i}`),
    oversigned: [],
  }
  const [key] = keys
  assert.ok(key !== undefined)
  const ten = Array.from({ length: 10 }, () => key)
  const fields = signDkim(Buffer.from(many), { keys: ten, now, headerPolicy })
  const results = await bounded(Buffer.from(fields.join('') + many))
  assert.deepEqual(
    results,
    Array.from({ length: 10 }, () => 'pass'),
  )
})

test('records of 64 KB, and a thousand of them, are bounded', async () => {
  for (const text of [';', '=', 'p=', 'a=b;', ' ', 'A', 'v=DKIM1; p=AAAA', '\xff']) {
    const record = text.repeat(65_000 / text.length)
    const records = { ...zone, 'e1._domainkey.north.example': { TXT: [record] } }
    const [first] = await bounded(signed, records)
    assert.ok(first === 'permerror' || first === 'policy', first)
  }
  const thousand = Array.from({ length: 1000 }, (_, i) => `p=${'A'.repeat(60_000)}${i}`)
  await bounded(signed, { ...zone, 'e1._domainkey.north.example': { TXT: thousand } })
})

test('memory does not grow with the body', async () => {
  const { header } = splitMessage(signed)
  const verifier = new DkimVerifier({ header, resolver, now })
  const chunk = Buffer.alloc(1 << 16, 'some words  and white space \t\r\n')
  const before = await heldNow()
  for (let i = 0; i < 800; i++) {
    // Each piece is an octet string of its own: one that is kept anywhere stays in memory.
    verifier.push(Buffer.from(chunk))
  }
  const held = (await heldNow()) - before
  const [verdict] = await verifier.finish()
  assert.equal(verdict?.result, 'fail')
  assert.ok(held < 8 << 20, `${held} octets for 50 MB`)
})
