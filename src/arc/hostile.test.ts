import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { withinCpu } from '../base/test-support/cpu-time.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { heldNow } from '../signature/test-support/held-memory.ts'
import { mutations } from '../signature/test-support/letters.ts'
import {
  type ArcVerdict,
  ArcVerifier,
  gatherResults,
  sealArc,
  splitMessage,
  verifyArc,
} from './arc.ts'
import { craftSet, letter, now, octets, testKey, zoneOf } from './test-support/chains.ts'

const ed = testKey('ed25519')
const { key } = ed
const resolver = zoneOf(ed.record, 50)

function chain(hops: number, text = letter): string {
  let sealed = text
  for (let instance = 1; instance <= hops; instance++) {
    sealed = craftSet(sealed, { instance, key })
  }
  return sealed
}

/** Far above what a bounded verification takes, far below what an unbounded one would. */
const boundMs = 3000

async function bounded(message: Uint8Array): Promise<ArcVerdict> {
  const verdict = await withinCpu(boundMs, 'it', () => verifyArc(message, { resolver, now }))
  // What is recorded stays small, whatever came.
  assert.ok(JSON.stringify(verdict).length < 1 << 20)
  return verdict
}

function codeOf(verdict: ArcVerdict): string {
  return verdict.result === 'fail' ? verdict.reason.code : verdict.result
}

const whole = Buffer.from(octets(chain(3)))

test('no single changed, added or lost octet makes the verifier throw, and no changed seal passes', async () => {
  const end = whole.indexOf('From:')
  await fc.assert(
    fc.asyncProperty(mutations(whole), async ({ message, at, octet, how }) => {
      const verdict = await verifyArc(message, { resolver, now })
      assert.deepEqual(JSON.parse(JSON.stringify(verdict)), verdict)
      // A letter or a digit of an ARC field that becomes another one is never forgiven, but for the
      // case of a field's name.
      const old = whole[at] ?? 0
      const visible = /[0-9a-z]/i
      const both =
        visible.test(String.fromCharCode(old)) && visible.test(String.fromCharCode(octet))
      if (how === 'change' && at < end && both && (old ^ octet) !== 0 && (old ^ octet) !== 32) {
        assert.notEqual(verdict.result, 'pass', `${at}: ${String.fromCharCode(old, octet)}`)
      }
    }),
    { numRuns: 1000 },
  )
})

test('sets that are left out, doubled or in another order never pass, but for the order', async () => {
  const { fields } = splitMessage(whole).header
  const arc = fields.filter((field) => field.name.startsWith('arc-'))
  const rest = Buffer.from(letter)
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(arc), fc.nat(8), fc.boolean(), async (some, at, twice) => {
      const added = arc[at]
      const chosen = twice && added !== undefined ? [...some, added] : some
      const header = chosen.map((field) => field.raw)
      const verdict = await verifyArc(Buffer.concat([...header, rest]), { resolver, now })
      const counts = [1, 2, 3].map((instance) => distinct(header, instance))
      // Newest sets that are taken away whole leave a chain that was there before.
      const expected = ['3,3,3', '3,3,0', '3,0,0'].includes(counts.join()) ? 'pass' : 'fail'
      const doubled = new Set(chosen).size < chosen.length
      assert.equal(verdict.result, header.length === 0 ? 'none' : doubled ? 'fail' : expected)
    }),
    { numRuns: 300 },
  )
})

function distinct(fields: readonly Uint8Array[], instance: number): number {
  return fields.filter((raw) => Buffer.from(raw).includes(` i=${instance};`)).length
}

test('random pieces of chains are judged, gathered from and sealed', async () => {
  const piece = fc.constantFrom(
    'ARC-Seal:',
    'ARC-Message-Signature:',
    'ARC-Authentication-Results:',
    'Authentication-Results:',
    ' mx.example;',
    ' i=1;',
    'i=2;',
    'cv=none;',
    'cv=fail;',
    'a=ed25519-sha256;',
    'b=AAAA;',
    'h=from;',
    'd=a.example;',
    's=s;',
    '(',
    ')',
    '"',
    '\\',
    '=',
    ';',
    '\r\n',
    '\r\n ',
    ' ',
    '\xff',
    '\x00',
  )
  const options = {
    authservId: 'mx.example',
    domain: 'hop1.example',
    selector: 's1',
    privateKey: key,
    chain: { result: 'pass' },
    now,
  } as const
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
      const message = Buffer.from(`X: ${pieces.join('')}\r\n${letter}`, 'latin1')
      await verifyArc(message, { resolver, now })
      const { fields } = splitMessage(message).header
      const said = gatherResults(fields, 'mx.example') ?? ''
      const sealing = sealArc(message, { ...options, authenticationResults: said })
      if (sealing.type === 'not-sealed') return
      const sealed = Buffer.concat([Buffer.from(sealing.fields.join('')), message])
      assert.equal((await verifyArc(sealed, { resolver, now })).result, 'pass')
    }),
    { numRuns: 500 },
  )
})

test('ten thousand sets are refused at a glance', async () => {
  const set = chain(1).slice(0, -letter.length)
  const sets = octets(set.repeat(10_000) + letter)
  const verdict = await bounded(sets)
  assert.equal(codeOf(verdict), 'too-many-sets')
  const numbered = Array.from({ length: 10_000 }, (_, i) => set.replaceAll('i=1;', `i=${i};`))
  assert.equal(codeOf(await bounded(octets(numbered.join('') + letter))), 'too-many-sets')
  const seals = 'ARC-Seal: i=1\r\n'.repeat(10_000)
  assert.equal(codeOf(await bounded(octets(seals + letter))), 'too-many-sets')
})

test('a field of two megabytes is no trouble, whatever is in it', async () => {
  const size = 2 << 20
  for (const filling of [
    'x',
    ' ',
    '\r\n ',
    ';',
    '=',
    'a=b;',
    ':',
    'from:',
    '(',
    '(\\',
    '"',
    'i=1;',
  ]) {
    const filled = filling.repeat(size / filling.length)
    for (const name of ['ARC-Seal', 'ARC-Message-Signature', 'ARC-Authentication-Results']) {
      for (const start of ['', 'i=1; h=']) {
        const verdict = await bounded(octets(`${name}: ${start}${filled}\r\n${letter}`))
        assert.equal(verdict.result, 'fail')
      }
    }
    const said = gatherResults(
      splitMessage(octets(`Authentication-Results: mx.example; ${filled}\r\n\r\n`)).header.fields,
      'mx.example',
    )
    assert.ok((said?.length ?? 0) <= size)
  }
})

/** Seals so many times. */
function sealed(
  hops: number,
  text: string,
  changes: { readonly results?: string; readonly signedFields?: readonly string[] },
): Buffer {
  let message = Buffer.from(octets(text))
  for (let instance = 1; instance <= hops; instance++) {
    const sealing = sealArc(message, {
      authservId: 'mx.example',
      authenticationResults: changes.results ?? '',
      domain: `hop${instance}.example`,
      selector: 's1',
      privateKey: key,
      chain: { result: 'pass' },
      now,
      ...(changes.signedFields === undefined ? {} : { signedFields: changes.signedFields }),
    })
    assert.ok(sealing.type === 'sealed')
    message = Buffer.concat([Buffer.from(sealing.fields.join('')), message])
  }
  return message
}

test('fifty sets that all sign two megabytes of header are bounded', async () => {
  const long = letter.replace('Subject: ', `Subject: ${'x '.repeat(1 << 20)}`)
  const signedFields = ['from', 'subject', ...Array.from({ length: 900 }, () => 'to')]
  assert.equal(codeOf(await bounded(sealed(50, long, { signedFields }))), 'pass')
})

test('fifty sets of twenty kilobytes, each covered by all later seals, are bounded', async () => {
  const results = `x=${'y '.repeat(10_000)}`
  assert.equal(codeOf(await bounded(sealed(50, letter, { results }))), 'pass')
})

test('records of 64 KB, and a thousand of them, are bounded', async () => {
  const text = octets(chain(2))
  for (const filling of [';', '=', 'p=', 'a=b;', ' ', 'v=DKIM1; p=AAAA', '\xff']) {
    const record = filling.repeat(65_000 / filling.length)
    const records = new MemoryResolver({ 's1._domainkey.hop2.example': { TXT: [record] } })
    const verdict = await verifyArc(text, { resolver: records, now })
    assert.equal(verdict.result, 'fail')
  }
  const thousand = Array.from({ length: 1000 }, (_, i) => `p=${'A'.repeat(60_000)}${i}`)
  const records = new MemoryResolver({ 's1._domainkey.hop2.example': { TXT: thousand } })
  assert.equal((await verifyArc(text, { resolver: records, now })).result, 'fail')
})

test('memory does not grow with the body', async () => {
  const { header } = splitMessage(whole)
  const verifier = new ArcVerifier({ header, resolver, now })
  const chunk = Buffer.alloc(1 << 16, 'some words  and white space \t\r\n')
  const before = await heldNow()
  for (let i = 0; i < 400; i++) {
    // Each piece is an octet string of its own: one that is kept anywhere stays in memory.
    verifier.push(Buffer.from(chunk))
  }
  const held = (await heldNow()) - before
  assert.equal((await verifier.finish()).result, 'fail')
  assert.ok(held < 8 << 20, `${held} octets for 25 MB`)
})
