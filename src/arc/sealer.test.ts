import assert from 'node:assert/strict'
import { test } from 'node:test'

import { WaybillError } from '../base/error.ts'
import { type ArcSealing, ArcSealer, sealArc, splitMessage, verifyArc } from './arc.ts'
import {
  type Crafted,
  craftSet,
  letter,
  now,
  octets,
  testKey,
  zoneOf,
} from './test-support/chains.ts'

const ed = testKey('ed25519')
const rsa = testKey('rsa')

const base = {
  authservId: 'mx.hop1.example',
  authenticationResults:
    'spf=pass smtp.mailfrom=north.example; dmarc=pass header.from=north.example',
  domain: 'hop1.example',
  selector: 's1',
  privateKey: ed.key,
  chain: { result: 'none' as 'none' | 'pass' | 'fail' },
  now,
}

function seal(
  text: string,
  changes: Partial<typeof base & { signedFields: string[] }> = {},
): string {
  const sealing = sealArc(octets(text), { ...base, ...changes })
  assert.equal(sealing.type, 'sealed')
  return sealing.type === 'sealed' ? sealing.fields.join('') + text : ''
}

function crafted(hops: number, changes: Readonly<Record<number, Partial<Crafted>>> = {}): string {
  let text = letter
  for (let instance = 1; instance <= hops; instance++) {
    text = craftSet(text, { instance, key: ed.key, ...changes[instance] })
  }
  return text
}

async function verified(text: string, record = ed.record): Promise<string> {
  const verdict = await verifyArc(octets(text), { resolver: zoneOf(record, 50), now })
  if (verdict.result === 'fail') return `${verdict.result} ${verdict.reason.code}`
  return verdict.result === 'pass' ? `pass ${verdict.instances}` : 'none'
}

function hop(instance: number): { domain: string; chain: { result: 'pass' } } {
  return { domain: `hop${instance}.example`, chain: { result: 'pass' } }
}

test('what is sealed verifies, over many hops and with both kinds of key', async () => {
  for (const { key, record } of [ed, rsa]) {
    let text = seal(letter, { privateKey: key })
    assert.equal(await verified(text, record), 'pass 1')
    for (let instance = 2; instance <= 5; instance++) {
      text = seal(`X-List: hop ${instance}\r\n${text}`, { privateKey: key, ...hop(instance) })
      assert.equal(await verified(text, record), `pass ${instance}`)
    }
  }
})

test('sealing while the message passes gives the same set, at once and on the thread pool', async () => {
  const { header, body } = splitMessage(octets(letter))
  const whole = sealArc(octets(letter), base)
  for (let at = 0; at <= body.length; at++) {
    const sealer = new ArcSealer({ ...base, header })
    sealer.push(body.subarray(0, at))
    sealer.push(body.subarray(at))
    assert.deepEqual(at % 2 === 0 ? sealer.finishSync() : await sealer.finish(), whole)
  }
})

test('the fields stand in the order of the suite, one statement of the results to a line', () => {
  const sealing = sealArc(octets(letter), { ...base, privateKey: rsa.key })
  assert.ok(sealing.type === 'sealed')
  const [first, second, third] = sealing.fields
  assert.match(
    first,
    /^ARC-Seal: a=rsa-sha256;\r\n b=[\w+/=]{172};\r\n cv=none; d=hop1\.example; i=1; s=s1; t=1700000000\r\n$/,
  )
  assert.match(second, /^ARC-Message-Signature: a=rsa-sha256;\r\n b=/)
  assert.equal(
    third,
    'ARC-Authentication-Results: i=1; mx.hop1.example;' +
      ' spf=pass\r\n smtp.mailfrom=north.example;\r\n dmarc=pass header.from=north.example\r\n',
  )
})

test('a chain that failed is sealed as failed, its newest set alone, and then no more', async () => {
  const broken = crafted(2).replace('Hello', 'Hullo')
  const text = seal(broken, { domain: 'hop3.example', chain: { result: 'fail' } })
  assert.match(text, /cv=fail;/)
  assert.equal(await verified(text), 'fail failed-before')
  // RFC 8617 §5.1.2: without the sets below, it is the seal of a chain of one.
  const own = text.slice(0, text.indexOf('ARC-Seal', 10)) + letter.replace('Hello', 'Hullo')
  const alone = own.replaceAll('i=3', 'i=1')
  assert.match(await verified(alone), /^fail failed-before$/)
  const again = sealArc(octets(text), { ...base, ...hop(4) })
  assert.ok(again.type === 'not-sealed' && again.because === 'failed-before')
})

test('nothing is added where no set belongs', async (t) => {
  const cases: readonly (readonly [string, string, 'none' | 'pass' | 'fail', string])[] = [
    ['a chain that nobody verified', crafted(1), 'none', 'not-verified'],
    ['a set without its seal', crafted(1).replace(/^ARC-Seal[^\r]*\r\n/, ''), 'fail', 'malformed'],
    ['a gap', crafted(1).replaceAll('i=1;', 'i=2;'), 'fail', 'malformed'],
    ['a gap, said to pass', crafted(1).replaceAll('i=1;', 'i=2;'), 'pass', 'malformed'],
    ['a number that is none', crafted(1).replace('i=1;', 'i=0;'), 'fail', 'malformed'],
    ['a failed chain', crafted(2, { 2: { seal: { cv: 'fail' } } }), 'fail', 'failed-before'],
    ['fifty sets', crafted(50), 'pass', 'full'],
  ]
  for (const [name, text, result, because] of cases) {
    await t.test(name, () => {
      const sealing = sealArc(octets(text), { ...base, chain: { result } })
      assert.ok(sealing.type === 'not-sealed' && sealing.because === because, name)
      assert.match(sealing.text, /^[A-Z].*\.$/)
    })
  }
})

test('the fiftieth set can be added', async () => {
  assert.equal(await verified(seal(crafted(49), hop(50))), 'pass 50')
})

test('without a chain the first set says none, whatever was verified', () => {
  for (const result of ['none', 'pass', 'fail'] as const) {
    const sealing = sealArc(octets(letter), { ...base, chain: { result } })
    assert.ok(sealing.type === 'sealed' && sealing.instance === 1 && sealing.status === 'none')
  }
})

function named(text: string): readonly string[] {
  const value = /ARC-Message-Signature:[^]*?\sh=([^;]*);/.exec(text)?.[1] ?? ''
  return value.replace(/\s/g, '').split(':')
}

test('the usual fields are covered, DKIM signatures too, and none that ARC forbids', () => {
  const text = `${[
    'DKIM-Signature: v=1',
    'DKIM-Signature: v=1',
    'Authentication-Results: a.example; none',
    'List-Id: <x.example>',
    'X-Other: y',
  ].join('\r\n')}\r\n${letter}`
  assert.deepEqual(named(seal(text)), [
    'from',
    'from',
    'to',
    'to',
    'subject',
    'subject',
    'dkim-signature',
    'dkim-signature',
    'list-id',
  ])
})

test('a field that stands once cannot be added behind the seal', async () => {
  const text = seal(letter)
  for (const field of ['From: x@evil.example', 'Subject: other', 'To: c@south.example']) {
    assert.equal(await verified(`${field}\r\n${text}`), 'fail signature-mismatch')
  }
  assert.equal(await verified(`Reply-To: c@south.example\r\n${text}`), 'pass 1')
})

test('fields that the caller chose are covered in his order', async () => {
  const text = seal(letter, { signedFields: ['To', 'From', 'X-None', 'to'] })
  assert.deepEqual(named(text), ['to', 'from', 'x-none', 'to'])
  assert.equal(await verified(text), 'pass 1')
})

test('a list of fields too long for a line is folded, and no line is ever too long', async () => {
  const signedFields = ['from', ...Array.from({ length: 400 }, (_, i) => `x-field-${i}`)]
  const text = seal(letter, { signedFields })
  assert.equal(await verified(text), 'pass 1')
  const long = `spf=pass smtp.mailfrom=${'a'.repeat(3000)}@north.example`
  const other = seal(letter, { authenticationResults: long })
  assert.equal(await verified(other), 'pass 1')
  for (const line of `${text}${other}`.split('\r\n')) assert.ok(line.length <= 998)
})

test('results from anywhere cannot add a line to the header', async (t) => {
  for (const authenticationResults of [
    'spf=pass\r\nBcc: x@evil.example',
    'spf=pass\nBcc: x@evil.example',
    'spf=pass\r\n\r\nbody',
    'spf=pass (\r\n\r\n)',
    '\0\x01spf=pass\x7f',
    'spf=pass reason="a;b\\"; c" smtp.mailfrom=x; dkim=none',
    'spf=pass ("quoted ( in comment); dkim=none',
    'spf=pass (ünïcode 💌); dkim=none',
    '',
    ';;; ;',
  ]) {
    await t.test(JSON.stringify(authenticationResults), async () => {
      const { header, body } = splitMessage(octets(letter))
      const sealer = new ArcSealer({ ...base, authenticationResults, header })
      sealer.push(body)
      const sealing = sealer.finishSync()
      assert.ok(sealing.type === 'sealed')
      const text = Buffer.from(`${sealing.fields.join('')}${letter}`)
      const { fields } = splitMessage(text).header
      assert.equal(fields.length, header.fields.length + 3)
      const verdict = await verifyArc(text, { resolver: zoneOf(ed.record, 1), now })
      assert.equal(verdict.result, 'pass')
    })
  }
})

test('no results are written as none', () => {
  assert.match(seal(letter, { authenticationResults: ' ' }), /i=1; mx\.hop1\.example; none\r\n/)
})

test('statements are parted outside of quotes and comments only', () => {
  const sealing = sealArc(octets(letter), {
    ...base,
    authenticationResults: 'a=b reason="x; y" (p; (q;) r); c=d;',
  })
  assert.ok(sealing.type === 'sealed')
  assert.equal(
    sealing.fields[2],
    'ARC-Authentication-Results: i=1; mx.hop1.example; a=b reason="x; y" (p; (q;)\r\n r);\r\n c=d\r\n',
  )
})

test('names in other scripts are written as they are asked for in DNS', () => {
  const sealing = sealArc(octets(letter), { ...base, domain: 'Bücher.example', selector: 'ß1' })
  assert.ok(sealing.type === 'sealed')
  assert.match(sealing.fields[0], /d=xn--bcher-kva\.example; i=1; s=xn--[a-z0-9-]+; /)
})

test('a mistake in the configuration is said at once', async (t) => {
  for (const [name, changes, code] of [
    ['domain of one label', { domain: 'example' }, 'usage'],
    ['no domain', { domain: 'a b.example' }, 'usage'],
    ['no selector', { selector: '' }, 'usage'],
    ['no name of ours', { authservId: '' }, 'usage'],
    ['a name with a line in it', { authservId: 'a\r\nb' }, 'usage'],
    ['a name that is a statement', { authservId: 'a; b=c' }, 'usage'],
    ['no key', { privateKey: 'nonsense' }, 'key-unusable'],
    ['a key too short', { privateKey: testKey('rsa', 512).key }, 'key-unusable'],
    ['fields without From', { signedFields: ['to'] }, 'usage'],
    ['a seal among the fields', { signedFields: ['from', 'ARC-Seal'] }, 'usage'],
    ['results among the fields', { signedFields: ['from', 'authentication-results'] }, 'usage'],
    ['no name of a field', { signedFields: ['from', 'a:b'] }, 'usage'],
  ] as const) {
    await t.test(name, () => {
      assert.throws(
        () => sealArc(octets(letter), { ...base, ...changes }),
        (problem: unknown) => problem instanceof WaybillError && problem.code === code,
      )
    })
  }
})

test('a sealer that is used after its end says so', () => {
  const { header } = splitMessage(octets(letter))
  const sealer = new ArcSealer({ ...base, header })
  const sealing: ArcSealing = sealer.finishSync()
  assert.equal(sealing.type, 'sealed')
  assert.throws(() => sealer.push(new Uint8Array(1)), /push after finish/)
  assert.throws(() => sealer.finishSync(), /finish after finish/)
})
