import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'

import fc from 'fast-check'

import { MemoryResolver } from '../dns/memory-resolver.ts'
import {
  type DkimSignOptions,
  DkimSigner,
  type DkimVerdict,
  defaultHeaderPolicy,
  formatDkimRecord,
  generateDkimKey,
  signDkim,
  splitMessage,
  verifyDkim,
} from './dkim.ts'

const now = 1_700_000_000
const rsa = generateDkimKey('rsa')
const ed = generateDkimKey('ed25519')
const keys = [
  { domain: 'north.example', selector: 'r1', privateKey: rsa.privateKey },
  { domain: 'north.example', selector: 'e1', privateKey: ed.privateKey },
]
const resolver = new MemoryResolver({
  'r1._domainkey.north.example': { TXT: [formatDkimRecord(rsa)] },
  'e1._domainkey.north.example': { TXT: [formatDkimRecord(ed)] },
})

const letter = Buffer.from(
  [
    'From: Sender <sender@north.example>',
    'To: one@south.example',
    'To: two@south.example',
    'Subject: A letter',
    'List-Unsubscribe: <https://north.example/u>',
    'X-Other: not signed',
    '',
    'Hello',
    '',
  ].join('\r\n'),
)

async function check(message: Uint8Array): Promise<readonly DkimVerdict[]> {
  return await verifyDkim(message, { resolver, now })
}

function withFields(fields: readonly string[], message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(fields.join('')), message])
}

function tag(field: string | undefined, name: string): string | undefined {
  return new RegExp(`[;:]\\s*${name}=([^;]*)`).exec(field ?? '')?.[1]?.replace(/\s/g, '')
}

test('a message signed with two keys passes with both', async () => {
  const fields = signDkim(letter, { keys, now })
  assert.equal(fields.length, 2)
  const verdicts = await check(withFields(fields, letter))
  assert.deepEqual(
    verdicts.map((v) => [v.result, v.algorithm, v.selector, v.keyBits]),
    [
      ['pass', 'rsa-sha256', 'r1', 2048],
      ['pass', 'ed25519-sha256', 'e1', 256],
    ],
  )
})

test('the field is well formed: CRLF, short lines, every tag once', () => {
  for (const field of signDkim(letter, { keys, now, expiresAfterSeconds: 604_800 })) {
    assert.match(field, /^DKIM-Signature: v=1; a=/)
    assert.ok(field.endsWith('\r\n'))
    for (const line of field.slice(0, -2).split('\r\n ')) assert.ok(line.length <= 77, line)
    assert.doesNotMatch(field.replaceAll('\r\n', ''), /[\r\n]/)
    assert.equal(tag(field, 't'), String(now))
    assert.equal(tag(field, 'x'), String(now + 604_800))
    assert.equal(tag(field, 'c'), 'relaxed/relaxed')
    assert.equal(tag(field, 'i'), undefined)
  }
})

test('From, the other single fields and the list fields are over-signed, absent list fields are not', () => {
  const [field] = signDkim(letter, { keys: keys.slice(1), now })
  assert.equal(
    tag(field, 'h'),
    'from:from:to:to:to:subject:subject:list-unsubscribe:list-unsubscribe',
  )
})

test('a forged second From, Subject or List-Unsubscribe breaks the signature, a new List-Id does not', async () => {
  const signed = withFields(signDkim(letter, { keys, now }), letter)
  for (const added of ['From: x@evil.example', 'Subject: x', 'List-Unsubscribe: <x>']) {
    const verdicts = await check(withFields([`${added}\r\n`], signed))
    assert.deepEqual(
      verdicts.map((v) => v.result),
      ['fail', 'fail'],
    )
  }
  for (const added of ['List-Id: <l.example>', 'Received: x', 'X-Spam: no']) {
    const verdicts = await check(withFields([`${added}\r\n`], signed))
    assert.deepEqual(
      verdicts.map((v) => v.result),
      ['pass', 'pass'],
    )
  }
})

test('the header policy says what is signed, and From is signed whatever it says', () => {
  const headerPolicy = { signed: ['X-Other', 'subject'], oversigned: ['x-other', 'cc'] }
  const [field] = signDkim(letter, { keys: keys.slice(1), now, headerPolicy })
  assert.equal(tag(field, 'h'), 'from:x-other:x-other:subject')
  const bare = Buffer.from('Subject: x\r\n\r\n')
  const [without] = signDkim(bare, { keys: keys.slice(1), now })
  assert.equal(tag(without, 'h'), 'from:subject:subject')
  assert.ok(!defaultHeaderPolicy.signed.some((name) => /^(received|return-path|dkim-)/.test(name)))
})

test('every canonicalization verifies, and so does an empty message', async () => {
  for (const header of ['simple', 'relaxed'] as const) {
    for (const body of ['simple', 'relaxed'] as const) {
      const canonicalization = { header, body }
      for (const message of [
        letter,
        Buffer.from('From: a@b.c\r\n\r\n'),
        Buffer.from('From: a@b.c\r\n'),
      ]) {
        const fields = signDkim(message, { keys, now, canonicalization })
        const verdicts = await check(withFields(fields, message))
        assert.deepEqual(
          verdicts.map((v) => v.result),
          ['pass', 'pass'],
        )
        assert.equal(verdicts[0]?.canonicalization, `${header}/${body}`)
      }
    }
  }
})

test('the identity is written so that it comes back the same', async () => {
  for (const identity of ['@north.example', 'a@sub.north.example', 'jörg; =k@NORTH.example']) {
    const signed = keys.map((key) => ({ ...key, identity }))
    const verdicts = await check(withFields(signDkim(letter, { keys: signed, now }), letter))
    assert.equal(verdicts[0]?.result, 'pass')
    assert.equal(verdicts[0]?.identity, identity.replace('NORTH', 'north'))
  }
})

test('streaming, cut anywhere, and signing on the thread pool give what signDkim gives', async () => {
  const options: DkimSignOptions = { keys, now }
  const expected = signDkim(letter, options)
  const { header, body } = splitMessage(letter)
  for (let cut = 0; cut <= body.length; cut++) {
    const signer = new DkimSigner({ ...options, header })
    signer.push(body.subarray(0, cut))
    signer.push(body.subarray(cut))
    // Both algorithms are deterministic.
    assert.deepEqual(cut % 2 === 0 ? signer.finishSync() : await signer.finish(), expected)
  }
})

test('a key object signs like its PEM', () => {
  const objects = keys.map((key) => ({ ...key, privateKey: createPrivateKey(key.privateKey) }))
  assert.deepEqual(signDkim(letter, { keys: objects, now }), signDkim(letter, { keys, now }))
})

test('keys and names that cannot sign are refused with a reason', () => {
  const [key] = keys
  assert.ok(key !== undefined)
  const sign =
    (change: Partial<typeof key & { identity: string; algorithm: 'ed25519-sha256' }>) => () =>
      signDkim(letter, { keys: [{ ...key, ...change }], now })
  const short = generateKeyPairSync('rsa', { modulusLength: 768 }).privateKey
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const pem = { type: 'pkcs8', format: 'pem' } as const
  const unusable = { code: 'key-unusable' }
  assert.throws(sign({ privateKey: 'nonsense' }), unusable)
  assert.throws(sign({ privateKey: short.export(pem).toString() }), unusable)
  assert.throws(sign({ privateKey: curve.export(pem).toString() }), unusable)
  assert.throws(sign({ algorithm: 'ed25519-sha256' }), unusable)
  assert.throws(sign({ domain: 'localhost' }), { code: 'usage' })
  assert.throws(sign({ domain: 'a b.example' }), { code: 'usage' })
  assert.throws(sign({ selector: '' }), { code: 'usage' })
  assert.throws(sign({ identity: 'a@south.example' }), { code: 'usage' })
  assert.throws(sign({ identity: 'north.example' }), { code: 'usage' })
})

test('a domain in U-labels is written as A-labels (RFC 8616)', () => {
  const [field] = signDkim(letter, {
    keys: [{ domain: 'Bücher.example', selector: 'É', privateKey: ed.privateKey }],
    now,
  })
  assert.equal(tag(field, 'd'), 'xn--bcher-kva.example')
  assert.equal(tag(field, 's'), 'xn--9ca')
})

const line = fc.string({
  unit: fc.constantFrom('a', ' ', '\t', '.', ';', '=', '\xe4', '!'),
  maxLength: 30,
})
const fieldText = fc
  .tuple(
    fc.constantFrom('From', 'Subject', 'to', 'CC', 'Received', 'X-Y', 'List-Id', 'DKIM-Signature'),
    line,
    fc.option(line),
  )
  .map(([name, value, fold]) => `${name}:${value}${fold === null ? '' : `\r\n ${fold}`}\r\n`)
const messages = fc
  .tuple(
    fc.array(fieldText, { maxLength: 12 }),
    fc.array(fc.oneof(line, fc.constantFrom('\r\n', '\r', '\n')), { maxLength: 20 }),
  )
  .map(([fields, body]) =>
    Buffer.from(`From: a@b.c\r\n${fields.join('')}\r\n${body.join('')}`, 'latin1'),
  )

test('whatever is signed passes, and the signatures pass again with their fields unfolded', async () => {
  const form = fc.constantFrom('simple' as const, 'relaxed' as const)
  const ours = keys.slice(1)
  await fc.assert(
    fc.asyncProperty(messages, form, form, async (message, header, body) => {
      const [field] = signDkim(message, { keys: ours, now, canonicalization: { header, body } })
      assert.ok(field !== undefined)
      const [verdict] = await check(withFields([field], message))
      assert.equal(verdict?.result, 'pass', JSON.stringify(verdict))
      if (header !== 'relaxed') return
      const unfolded = `${field.slice(0, -2).replace(/\r\n/g, '')}\r\n`
      const [again] = await check(withFields([unfolded], message))
      assert.equal(again?.result, 'pass')
    }),
    { numRuns: 150 },
  )
})
