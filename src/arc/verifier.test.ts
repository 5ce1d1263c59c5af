import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { DnsAnswer, RecordData, RecordType, Resolver } from '../dns/resolver.ts'
import type { ZoneName } from '../dns/zone-table.ts'
import { BodyHashes } from '../signature/body-hash.ts'
import {
  type ArcLimits,
  type ArcVerdict,
  ArcVerifier,
  maxResultsLength,
  splitMessage,
  verifyArc,
} from './arc.ts'
import {
  type Crafted,
  craftSet,
  keyAt,
  letter,
  now,
  octets,
  testKey,
  zoneOf,
} from './test-support/chains.ts'

const ed = testKey('ed25519')
const rsa = testKey('rsa')
const { key } = ed

interface Asked {
  readonly record?: string
  readonly changes?: Readonly<Record<string, ZoneName | { readonly error: 'SERVFAIL' }>>
  readonly at?: number
  readonly limits?: Partial<ArcLimits>
}

async function verify(message: string, asked: Asked = {}): Promise<ArcVerdict> {
  const verdict = await verifyArc(octets(message), {
    resolver: zoneOf(asked.record ?? ed.record, 50, asked.changes),
    now: asked.at ?? now,
    ...(asked.limits === undefined ? {} : { limits: asked.limits }),
  })
  // Plain data: what is stored as JSON comes back the same.
  assert.deepEqual(JSON.parse(JSON.stringify(verdict)), verdict)
  return verdict
}

/** `pass 0`, or `fail 2 ARC-Seal status-invalid`. */
function outcome(verdict: ArcVerdict): string {
  switch (verdict.result) {
    case 'none':
      return 'none'
    case 'pass':
      return `pass ${verdict.oldestPass}`
    case 'fail': {
      const { instance, field, code } = verdict.reason
      assert.match(verdict.reason.text, /^[A-Z].*[.]$/)
      return `fail ${instance ?? '-'} ${field ?? '-'} ${code}`
    }
  }
}

/** A chain of so many hops, each made by hand; changes by instance. */
function chain(hops: number, changes: Readonly<Record<number, Partial<Crafted>>> = {}): string {
  let text = letter
  for (let instance = 1; instance <= hops; instance++) {
    text = craftSet(text, { instance, key, ...changes[instance] })
  }
  return text
}

function asking(resolver: Resolver): { readonly names: string[]; readonly resolver: Resolver } {
  const names: string[] = []
  return {
    names,
    resolver: {
      resolve<T extends RecordType>(name: string, type: T): Promise<DnsAnswer<RecordData[T]>> {
        names.push(name)
        return resolver.resolve(name, type)
      },
    },
  }
}

test('a message without ARC fields has no chain, and nobody is asked', async () => {
  const { names, resolver } = asking(zoneOf(ed.record, 1))
  for (const message of ['', '\r\n', letter, 'no header at all']) {
    assert.deepEqual(await verifyArc(octets(message), { resolver, now }), { result: 'none' })
  }
  assert.deepEqual(names, [])
})

test('a chain passes with one set, with three and with fifty, and says who sealed', async () => {
  for (const hops of [1, 3, 50]) {
    const verdict = await verify(chain(hops))
    assert.equal(outcome(verdict), 'pass 0')
    assert.ok(verdict.result === 'pass')
    assert.equal(verdict.instances, hops)
    assert.equal(verdict.sealers[0], `hop${hops}.example`)
    assert.equal(verdict.sealers.at(-1), 'hop1.example')
    assert.deepEqual(
      verdict.sets.map(({ instance, status }) => `${instance} ${status ?? ''}`),
      Array.from({ length: hops }, (_, i) => `${i + 1} ${i === 0 ? 'none' : 'pass'}`),
    )
  }
})

test('a verdict has what it rests on', async () => {
  const verdict = await verify(chain(2, { 2: { key: rsa.key } }), {
    changes: { [keyAt(2)]: { TXT: [rsa.record] } },
  })
  assert.ok(verdict.result === 'pass')
  const set = verdict.sets[1]
  assert.ok(set !== undefined && set.seal?.result === 'pass')
  assert.equal(set.results, 'hop2.example; dmarc=pass header.from=north.example')
  const { header, key: used, ...claims } = set.seal
  assert.deepEqual(claims, {
    result: 'pass',
    domain: 'hop2.example',
    selector: 's1',
    algorithm: 'rsa-sha256',
    signedAt: now,
  })
  assert.equal(header?.signature, 'match')
  assert.deepEqual(used, {
    name: keyAt(2),
    answer: 'found',
    dnssec: 'insecure',
    records: 1,
    type: 'rsa',
    bits: 1024,
  })
  assert.ok(set.messageSignature?.result === 'pass')
  const { body, canonicalization, signedFields } = set.messageSignature
  assert.equal(body?.hash, 'match')
  assert.equal(body?.expected, body?.found)
  assert.equal(canonicalization, 'relaxed/relaxed')
  assert.deepEqual(signedFields, ['from', 'to', 'subject'])
})

test('the oldest pass is the set behind which the message was changed last', async () => {
  for (const [changedBefore, expected] of [
    [2, 2],
    [3, 3],
    [4, 4],
  ] as const) {
    let text = letter
    for (let instance = 1; instance <= 4; instance++) {
      if (instance === changedBefore) text = text.replace('Subject: ', 'Subject: [talk] ')
      text = craftSet(text, { instance, key })
    }
    const verdict = await verify(text)
    assert.equal(outcome(verdict), `pass ${expected}`)
    assert.ok(verdict.result === 'pass')
    // RFC 8617 §5.2, step 5 A: behind the first that fails nobody looks.
    const found = verdict.sets.map(({ messageSignature }) => messageSignature?.result)
    const older = Array.from({ length: changedBefore - 2 }, () => 'unchecked')
    const newer = Array.from({ length: 5 - changedBefore }, () => 'pass')
    assert.deepEqual(found, [...older, 'fail', ...newer])
  }
})

test('changes on the way break the signature that they should', async (t) => {
  const whole = chain(3)
  const cases: readonly (readonly [string, (text: string) => string, string])[] = [
    ['body', (s) => s.replace('Hello', 'Hullo'), 'fail 3 ARC-Message-Signature body-hash-mismatch'],
    [
      'signed field',
      (s) => s.replace('Subject: x', 'Subject: y'),
      'fail 3 ARC-Message-Signature signature-mismatch',
    ],
    [
      'field and body',
      (s) => s.replace('Subject: x', 'Subject: y').replace('Hello', 'Hullo'),
      'fail 3 ARC-Message-Signature signature-and-body-hash-mismatch',
    ],
    ['unsigned field', (s) => s.replace('Received: q', 'Received: r'), 'pass 0'],
    ['white space', (s) => s.replace('x  y', 'x   y'), 'pass 0'],
    [
      'results of the first set',
      (s) => s.replace('hop1.example; dmarc=pass', 'hop1.example; dmarc=fail'),
      'fail 3 ARC-Seal signature-mismatch',
    ],
    [
      'seal of the first set',
      (s) => s.replace(/(cv=none.*b=).{4}/, '$1AAAA'),
      'fail 3 ARC-Seal signature-mismatch',
    ],
    ['order of the fields', (s) => moveFirstFieldDown(s), 'pass 0'],
  ]
  for (const [name, change, expected] of cases) {
    await t.test(name, async () => assert.equal(outcome(await verify(change(whole))), expected))
  }
})

function moveFirstFieldDown(text: string): string {
  const end = text.indexOf('\r\n') + 2
  return text.slice(end).replace('From:', `${text.slice(0, end)}From:`)
}

test('a seal that covers its own set alone is right only for a failed chain', async () => {
  const alone = { alone: true }
  assert.equal(outcome(await verify(chain(1, { 1: alone }))), 'pass 0')
  assert.equal(outcome(await verify(chain(2, { 2: alone }))), 'fail 2 ARC-Seal signature-mismatch')
  assert.equal(outcome(await verify(chain(3, { 2: alone }))), 'fail 2 ARC-Seal signature-mismatch')
  const failed = { alone: true, seal: { cv: 'fail' } }
  assert.equal(outcome(await verify(chain(2, { 2: failed }))), 'fail 2 ARC-Seal failed-before')
})

test('RSA tells a changed header from a foreign key', async () => {
  const text = chain(1, { 1: { key: rsa.key } })
  const changed = text.replace('dmarc=pass', 'dmarc=fail')
  assert.equal(
    outcome(await verify(changed, { record: rsa.record })),
    'fail 1 ARC-Seal header-hash-mismatch',
  )
  const other = testKey('rsa')
  assert.equal(
    outcome(await verify(text, { record: other.record })),
    'fail 1 ARC-Message-Signature signature-mismatch',
  )
})

test('the structure of a chain is checked before anybody is asked', async (t) => {
  const two = chain(2)
  const field = (name: string, instance: number): string =>
    new RegExp(`${name}: ?(?:[^\\r]*; )?i=${instance}; [^\\r]*\\r\\n`).exec(two)?.[0] ?? ''
  const without = (name: string, instance: number): string => two.replace(field(name, instance), '')
  const twice = (name: string, instance: number): string => field(name, instance) + two
  const cases: Record<string, readonly [string, string]> = {
    'no seal 2': [without('ARC-Seal', 2), 'fail 2 ARC-Seal field-missing'],
    'no seal 1': [without('ARC-Seal', 1), 'fail 1 ARC-Seal field-missing'],
    'no message signature 2': [
      without('ARC-Message-Signature', 2),
      'fail 2 ARC-Message-Signature field-missing',
    ],
    'no message signature 1': [
      without('ARC-Message-Signature', 1),
      'fail 1 ARC-Message-Signature field-missing',
    ],
    'no results 1': [
      without('ARC-Authentication-Results', 1),
      'fail 1 ARC-Authentication-Results field-missing',
    ],
    'two seals 1': [twice('ARC-Seal', 1), 'fail 1 ARC-Seal field-repeated'],
    'two message signatures 1': [
      twice('ARC-Message-Signature', 1),
      'fail 1 ARC-Message-Signature field-repeated',
    ],
    'two results 2': [
      twice('ARC-Authentication-Results', 2),
      'fail 2 ARC-Authentication-Results field-repeated',
    ],
    'a gap': [chain(1).replaceAll('i=1;', 'i=2;'), 'fail 1 ARC-Seal field-missing'],
    'results alone': [
      `ARC-Authentication-Results: i=1; a.example; none\r\n${letter}`,
      'fail 1 ARC-Seal field-missing',
    ],
    'failed before': [chain(2, { 2: { seal: { cv: 'fail' } } }), 'fail 2 ARC-Seal failed-before'],
    'failed before, and broken besides': [
      without('ARC-Message-Signature', 1).replace('cv=pass', 'cv=Fail'),
      'fail 2 ARC-Seal failed-before',
    ],
    'first says pass': [
      chain(1, { 1: { seal: { cv: 'pass' } } }),
      'fail 1 ARC-Seal status-invalid',
    ],
    'second says none': [
      chain(2, { 2: { seal: { cv: 'none' } } }),
      'fail 2 ARC-Seal status-invalid',
    ],
    'first of two says fail': [
      chain(2, { 1: { seal: { cv: 'fail' } } }),
      'fail 1 ARC-Seal status-invalid',
    ],
    'no status': [chain(1, { 1: { seal: { cv: undefined } } }), 'fail 1 ARC-Seal status-invalid'],
    'another word': [chain(1, { 1: { seal: { cv: 'ok' } } }), 'fail 1 ARC-Seal status-invalid'],
  }
  for (const [name, [text, expected]] of Object.entries(cases)) {
    await t.test(name, async () => {
      const { names, resolver } = asking(zoneOf(ed.record, 2))
      assert.equal(outcome(await verifyArc(octets(text), { resolver, now })), expected)
      assert.deepEqual(names, [])
    })
  }
})

test('a status is read in any case', async () => {
  const text = chain(2, { 1: { seal: { cv: 'None' } }, 2: { seal: { cv: 'PASS' } } })
  assert.equal(outcome(await verify(text)), 'pass 0')
})

test('an instance is one or two digits from 1 to 50', async (t) => {
  for (const [written, read] of [
    ['1', true],
    ['01', true],
    ['0', false],
    ['00', false],
    ['001', false],
    ['', false],
    ['-1', false],
    ['1.0', false],
    ['x', false],
    ['51', false],
    ['99', false],
    ['1 1', false],
  ] as const) {
    await t.test(`i=${written}`, async () => {
      const seal = await verify(chain(1, { 1: { seal: { i: written } } }))
      assert.equal(outcome(seal), read ? 'pass 0' : 'fail - ARC-Seal instance-unreadable')
      const message = await verify(chain(1, { 1: { message: { i: written } } }))
      assert.equal(
        outcome(message),
        read ? 'pass 0' : 'fail - ARC-Message-Signature instance-unreadable',
      )
      const results = await verify(chain(1, { 1: { results: ` i=${written}; a.example; none` } }))
      assert.equal(
        outcome(results),
        read ? 'pass 0' : 'fail - ARC-Authentication-Results instance-unreadable',
      )
    })
  }
})

test('results begin with their instance, white space and comments aside', async (t) => {
  for (const [value, read] of [
    [' i=1; a.example; none', true],
    ['i=1;a.example;none', true],
    ['\r\n\ti\t=\r\n 1 ; a.example; none', true],
    [' (a (nested) \\) comment) i (x) = (y) 1 (z) ; a.example; none', true],
    [' i=1;', true],
    [' i=1', false],
    [' I=1; a.example; none', false],
    [' a.example; i=1; none', false],
    [' i=1 a.example; none', false],
    [' i:1; a.example', false],
    [' (never closed i=1; a.example', false],
    [' "i"=1; a.example', false],
    ['', false],
  ] as const) {
    await t.test(JSON.stringify(value), async () => {
      const verdict = await verify(chain(1, { 1: { results: value } }))
      assert.equal(
        outcome(verdict),
        read ? 'pass 0' : 'fail - ARC-Authentication-Results instance-unreadable',
      )
    })
  }
})

test('more than fifty sets are too many, however they are numbered', async () => {
  const field = /ARC-Seal:[^\r]*\r\n/.exec(chain(1))?.[0] ?? ''
  const verdict = await verify(field.repeat(51) + letter)
  assert.equal(outcome(verdict), 'fail - - too-many-sets')
  assert.ok(verdict.result === 'fail' && verdict.sets.length === 0)
})

test('the tags of a seal are read by the letter', async (t) => {
  const cases: readonly (readonly [Record<string, string | undefined>, string])[] = [
    [{ t: undefined }, 'pass 0'],
    [{ x_y: 'any thing' }, 'pass 0'],
    [{ A: 'rsa-sha1' }, 'pass 0'],
    [{ c: 'nonsense', bh: '!', l: 'x', v: '7', q: 'pigeon' }, 'pass 0'],
    [{ a: 'ED25519-SHA256' }, 'pass 0'],
    [{ d: 'HOP1.Example' }, 'pass 0'],
    [{ h: 'from' }, 'fail 1 ARC-Seal fields-listed'],
    [{ h: '' }, 'fail 1 ARC-Seal fields-listed'],
    [{ a: undefined }, 'fail 1 ARC-Seal tag-missing'],
    [{ a: '' }, 'fail 1 ARC-Seal algorithm-unsupported'],
    [{ a: 'rsa-sha1' }, 'fail 1 ARC-Seal algorithm-unsupported'],
    [{ a: 'rsa-md5' }, 'fail 1 ARC-Seal algorithm-unsupported'],
    [{ a: 'rsa-sha256' }, 'fail 1 ARC-Seal key-type-mismatch'],
    [{ b: undefined }, 'fail 1 ARC-Seal tag-missing'],
    [{ b: ' ' }, 'fail 1 ARC-Seal tag-invalid'],
    [{ b: '*' }, 'fail 1 ARC-Seal tag-invalid'],
    [{ b: 'AAAA' }, 'fail 1 ARC-Seal signature-mismatch'],
    [{ d: undefined }, 'fail 1 ARC-Seal tag-missing'],
    [{ d: '' }, 'fail 1 ARC-Seal tag-invalid'],
    [{ d: 'example' }, 'fail 1 ARC-Seal tag-invalid'],
    [{ d: 'a..example' }, 'fail 1 ARC-Seal tag-invalid'],
    [{ s: undefined }, 'fail 1 ARC-Seal tag-missing'],
    [{ s: '' }, 'fail 1 ARC-Seal tag-invalid'],
    [{ s: 's2' }, 'fail 1 ARC-Seal key-missing'],
    [{ t: '' }, 'fail 1 ARC-Seal tag-invalid'],
    [{ t: 'now' }, 'fail 1 ARC-Seal tag-invalid'],
    [{ t: '1234567890123' }, 'fail 1 ARC-Seal tag-invalid'],
    [{ t: String(now + 86_400) }, 'pass 0'],
    [{ t: String(now + 86_401) }, 'fail 1 ARC-Seal signed-in-future'],
    [{ 'x-y': '1' }, 'fail - ARC-Seal field-syntax'],
  ]
  for (const [seal, expected] of cases) {
    await t.test(JSON.stringify(seal), async () => {
      assert.equal(outcome(await verify(chain(1, { 1: { seal } }))), expected)
    })
  }
})

test('the tags of a message signature are read by the letter', async (t) => {
  const ams = 'fail 1 ARC-Message-Signature'
  const cases: readonly (readonly [Record<string, string | undefined>, string])[] = [
    [{ t: undefined }, 'pass 0'],
    [{ v: '1' }, 'pass 0'],
    [{ v: 'anything' }, 'pass 0'],
    [{ cv: 'fail' }, 'pass 0'],
    [{ c: 'simple/simple' }, 'pass 0'],
    [{ c: 'simple' }, 'pass 0'],
    [{ c: 'relaxed' }, 'pass 0'],
    [{ c: 'simple/relaxed' }, 'pass 0'],
    [{ c: 'Relaxed/Simple' }, 'pass 0'],
    [{ q: 'dns/txt' }, 'pass 0'],
    [{ q: 'pigeon:DNS/TXT' }, 'pass 0'],
    [{ z: 'From:whoever' }, 'pass 0'],
    [{ h: 'FROM : To:subject:subject:x-none' }, 'pass 0'],
    [{ h: 'from::to' }, 'pass 0'],
    [{ h: ':from:' }, 'pass 0'],
    [{ h: 'from:authentication-results' }, 'pass 0'],
    [{ h: 'from:arc-message-signature:arc-authentication-results' }, 'pass 0'],
    [{ x: String(now) }, `${ams} expires-before-signed`],
    [{ x: String(now + 1) }, 'pass 0'],
    [{ x: String(now - 1), t: undefined }, `${ams} expired`],
    [{ x: 'soon' }, `${ams} tag-invalid`],
    [{ t: String(now + 90_000) }, `${ams} signed-in-future`],
    [{ t: '' }, `${ams} tag-invalid`],
    [{ h: 'from:arc-seal' }, `${ams} seal-signed`],
    [{ h: 'to:subject' }, `${ams} from-not-signed`],
    [{ h: undefined }, `${ams} tag-missing`],
    [{ h: '' }, `${ams} tag-invalid`],
    [{ h: '::' }, `${ams} tag-invalid`],
    [{ h: 'from:a b' }, `${ams} tag-invalid`],
    [{ a: 'rsa-sha1' }, `${ams} algorithm-unsupported`],
    [{ a: undefined }, `${ams} tag-missing`],
    [{ b: undefined }, `${ams} tag-missing`],
    [{ b: '=' }, `${ams} tag-invalid`],
    [{ bh: undefined }, `${ams} tag-missing`],
    [{ bh: '' }, `${ams} tag-invalid`],
    [{ bh: 'AAAA' }, `${ams} tag-invalid`],
    [{ bh: `${'A'.repeat(43)}=` }, `${ams} body-hash-mismatch`],
    [{ c: '' }, `${ams} canonicalization-unsupported`],
    [{ c: 'relaxed/relaxed/relaxed' }, `${ams} canonicalization-unsupported`],
    [{ c: 'none' }, `${ams} canonicalization-unsupported`],
    [{ d: undefined }, `${ams} tag-missing`],
    [{ d: 'localhost' }, `${ams} tag-invalid`],
    [{ s: '' }, `${ams} tag-invalid`],
    [{ l: '-1' }, `${ams} tag-invalid`],
    [{ l: '' }, `${ams} tag-invalid`],
    [{ q: 'pigeon' }, `${ams} query-unsupported`],
    [{ 'a b': '1' }, 'fail - ARC-Message-Signature field-syntax'],
  ]
  for (const [message, expected] of cases) {
    await t.test(JSON.stringify(message), async () => {
      assert.equal(outcome(await verify(chain(1, { 1: { message } }))), expected)
    })
  }
})

test('without c= both forms are simple', async () => {
  const text = chain(1)
  assert.match(text, /c=relaxed\/relaxed; /)
  assert.equal(
    outcome(await verify(text.replace('c=relaxed/relaxed; ', ''))),
    'fail 1 ARC-Message-Signature signature-and-body-hash-mismatch',
  )
  const simple = chain(1, { 1: { message: { c: 'simple/simple' } } })
  // What `c=` says is part of what is signed, so taking it away breaks the signature, not the body.
  assert.equal(
    outcome(await verify(simple.replace('c=simple/simple; ', ''))),
    'fail 1 ARC-Message-Signature signature-mismatch',
  )
})

test('a tag that stands twice spoils its field, and with it the chain', async () => {
  for (const name of ['ARC-Seal', 'ARC-Message-Signature'] as const) {
    const text = chain(1).replace(`${name}: `, `${name}: t=1; `)
    assert.equal(outcome(await verify(text)), `fail - ${name} tag-duplicate`)
  }
})

test('l= lets a body grow, and not shrink', async () => {
  const text = chain(1, { 1: { message: { l: '5' }, bodyOctets: 5 } })
  const verdict = await verify(text.replace('line two', 'another line'))
  assert.equal(outcome(verdict), 'pass 0')
  assert.ok(verdict.result === 'pass')
  const found = verdict.sets[0]?.messageSignature
  assert.ok(found?.result === 'pass' && found.body?.covered === 5 && found.body.octets > 5)
  assert.equal(
    outcome(await verify(chain(1, { 1: { message: { l: '5000' } } }))),
    'fail 1 ARC-Message-Signature length-exceeds-body',
  )
})

test('keys are judged as DKIM judges them', async (t) => {
  const one = chain(1)
  const short = testKey('rsa', 512)
  const cases: readonly (readonly [
    string,
    string,
    ZoneName | { readonly error: 'SERVFAIL' },
    string,
  ])[] = [
    ['no record', one, { A: ['192.0.2.1'] }, 'key-missing'],
    ['revoked', one, { TXT: ['v=DKIM1; k=ed25519; p='] }, 'key-revoked'],
    ['no key', one, { TXT: ['hello'] }, 'key-syntax'],
    ['other type', one, { TXT: [rsa.record] }, 'key-type-mismatch'],
    ['unknown type', one, { TXT: ['k=dsa; p=AAAA'] }, 'key-type-unsupported'],
    ['garbage', one, { TXT: ['k=ed25519; p=AAAA'] }, 'key-unusable'],
    ['not for mail', one, { TXT: [`${ed.record}; s=tlsrpt`] }, 'key-service-mismatch'],
    ['not for sha256', one, { TXT: [`${ed.record}; h=sha1`] }, 'key-hash-mismatch'],
  ]
  for (const [name, text, records, code] of cases) {
    await t.test(name, async () => {
      assert.equal(
        outcome(await verify(text, { changes: { [keyAt(1)]: records } })),
        `fail 1 ARC-Message-Signature ${code}`,
      )
    })
  }
  await t.test('strict and testing keys are as good as others', async () => {
    assert.equal(outcome(await verify(one, { record: `${ed.record}; t=s:y` })), 'pass 0')
  })
  await t.test('the first of several records that fits is the key', async () => {
    const changes = { [keyAt(1)]: { TXT: ['garbage', testKey('ed25519').record, ed.record] } }
    assert.equal(outcome(await verify(one, { changes })), 'pass 0')
    const limits = { maxKeyRecords: 2 }
    assert.equal(
      outcome(await verify(one, { changes, limits })),
      'fail 1 ARC-Message-Signature signature-mismatch',
    )
  })
  await t.test('an RSA key of 512 bits proves nothing', async () => {
    assert.equal(
      outcome(await verify(chain(1, { 1: { key: short.key } }), { record: short.record })),
      'fail 1 ARC-Message-Signature key-too-short',
    )
  })
})

test('a chain whose seals cover too much together fails, and says so', async () => {
  const text = chain(4)
  const checks = (count: number) => ({ limits: { maxSignedOctets: count * 32 * 1024 } })
  assert.equal(outcome(await verify(text, checks(8))), 'pass 0')
  // Half of it is for message signatures, of which older ones only bear on `oldestPass`.
  assert.equal(outcome(await verify(text, checks(4))), 'pass 3')
  assert.equal(outcome(await verify(text, checks(3))), 'fail 1 ARC-Seal too-much-signed')
})

test('the keys of the newest set are asked for before the body is there', () => {
  const { names, resolver } = asking(zoneOf(ed.record, 2))
  const { header } = splitMessage(octets(chain(2)))
  new ArcVerifier({ header, resolver, now })
  assert.deepEqual(names, [keyAt(2)])
})

test('what is no selector is told as that', async () => {
  const verdict = await verify(chain(1, { 1: { message: { s: '' } } }))
  assert.ok(verdict.result === 'fail')
  assert.match(verdict.reason.text, /\bs=.* is not a selector/)
})

test('a key that DNS does not give fails the chain, and is marked as temporary', async () => {
  const text = chain(3)
  for (const [instance, field] of [
    [3, 'ARC-Message-Signature'],
    [2, 'ARC-Seal'],
    [1, 'ARC-Seal'],
  ] as const) {
    const verdict = await verify(text, { changes: { [keyAt(instance)]: { error: 'SERVFAIL' } } })
    assert.equal(outcome(verdict), `fail ${instance} ${field} key-unavailable`)
    assert.ok(verdict.result === 'fail' && verdict.reason.temporary)
  }
  const gone = await verify(text, { changes: { [keyAt(2)]: { TXT: [] } } })
  assert.ok(gone.result === 'fail' && !gone.reason.temporary)
})

test('older keys are asked for only when the newest seal holds, and each name once', async () => {
  const whole = chain(4)
  const asked = async (text: string): Promise<readonly string[]> => {
    const { names, resolver } = asking(zoneOf(ed.record, 4))
    await verifyArc(octets(text), { resolver, now })
    return names
  }
  assert.deepEqual(await asked(whole), [4, 3, 2, 1].map(keyAt))
  assert.deepEqual(await asked(whole.replace('hop2.example; dmarc', 'hop2.example; spf')), [
    keyAt(4),
  ])
  // The newest seal holds, and the body does not: what the seals say is evidence all the same.
  assert.deepEqual(await asked(whole.replace('Hello', 'Hullo')), [4, 3, 2, 1].map(keyAt))
})

test('an older message signature that cannot be used only ends the oldest pass', async () => {
  for (const message of [
    { a: 'rsa-sha1' },
    { h: 'to' },
    { bh: undefined },
    { d: 'none.example' },
  ]) {
    const verdict = await verify(chain(3, { 1: { message } }))
    assert.equal(outcome(verdict), 'pass 2')
    assert.ok(verdict.result === 'pass')
    assert.equal(verdict.sets[0]?.messageSignature?.result, 'fail')
  }
})

test('an older seal that cannot be used fails the chain', async () => {
  assert.equal(
    outcome(await verify(chain(3, { 1: { seal: { a: 'rsa-sha1' } } }))),
    'fail 1 ARC-Seal algorithm-unsupported',
  )
  assert.equal(
    outcome(await verify(chain(3, { 2: { seal: { b: 'AAAA' } } }))),
    'fail 2 ARC-Seal signature-mismatch',
  )
})

test('only so many different body hashes are computed', async () => {
  const changes = Object.fromEntries(
    Array.from({ length: 8 }, (_, i) => [
      i + 1,
      { message: { l: String(i + 1) }, bodyOctets: i + 1 },
    ]),
  )
  const text = chain(8, changes)
  assert.equal(outcome(await verify(text)), 'pass 5')
  assert.equal(outcome(await verify(text, { limits: { maxBodyHashes: 8 } })), 'pass 0')
  // Sets that want the same are one.
  assert.equal(outcome(await verify(chain(8))), 'pass 0')
})

test('long results are kept in part', async () => {
  const long = `a.example; x=${'y'.repeat(maxResultsLength)}`
  const verdict = await verify(chain(1, { 1: { results: ` i=1; ${long}` } }))
  assert.ok(verdict.result === 'pass')
  assert.equal(verdict.sets[0]?.results, long.slice(0, maxResultsLength))
})

test('results are shown unfolded', async () => {
  const results = ' i=1; a.example;\r\n  spf=pass;\r\n\tdmarc=pass'
  const verdict = await verify(chain(1, { 1: { results } }))
  assert.ok(verdict.result === 'pass')
  assert.equal(verdict.sets[0]?.results, 'a.example;  spf=pass;\tdmarc=pass')
})

test('a body cut anywhere gives the same verdict', async () => {
  const { header, body } = splitMessage(octets(chain(2)))
  const resolver = zoneOf(ed.record, 2)
  const expected = await verify(chain(2))
  for (let at = 0; at <= body.length; at++) {
    const verifier = new ArcVerifier({ header, resolver, now })
    verifier.push(body.subarray(0, at))
    verifier.push(body.subarray(at))
    assert.deepEqual(await verifier.finish(), expected)
  }
  const verifier = new ArcVerifier({ header, resolver, now })
  for (const octet of body) verifier.push(Uint8Array.of(octet))
  assert.deepEqual(await verifier.finish(), expected)
})

test('a verifier that shares a pass over the body judges as one that has its own', async () => {
  const { header, body } = splitMessage(octets(chain(2)))
  const bodyHashes = new BodyHashes()
  const verifier = new ArcVerifier({ header, resolver: zoneOf(ed.record, 2), now, bodyHashes })
  assert.throws(() => verifier.push(body), /shared/)
  bodyHashes.push(body)
  bodyHashes.finish()
  assert.deepEqual(await verifier.finish(), await verify(chain(2)))
})

test('a verifier that is used after its end says so', async () => {
  const { header } = splitMessage(octets(letter))
  const verifier = new ArcVerifier({ header, resolver: zoneOf(ed.record, 1), now })
  await verifier.finish()
  assert.throws(() => verifier.push(new Uint8Array(1)), /push after finish/)
  await assert.rejects(verifier.finish(), /finish after finish/)
})

test('a resolver that rejects is heard of at the end', async () => {
  const { header } = splitMessage(octets(chain(2)))
  const resolver = { resolve: () => Promise.reject(new Error('broken')) }
  const verifier = new ArcVerifier({ header, resolver, now })
  await new Promise((resolve) => setImmediate(resolve))
  await assert.rejects(verifier.finish(), /broken/)
})
