import assert from 'node:assert/strict'
import {
  type KeyObject,
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  sign,
} from 'node:crypto'
import { test } from 'node:test'

import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { DnsAnswer, RecordData, RecordType, Resolver } from '../dns/resolver.ts'
import type { ZoneError, ZoneName } from '../dns/zone-table.ts'
import { rawValue } from '../message/field.ts'
import { BodyHashes } from '../signature/body-hash.ts'
import { signedHeader } from '../signature/canonical-header.ts'
import { FieldSelection } from '../signature/field-selection.ts'
import { parseTagList } from '../signature/tag-list.ts'
import {
  type DkimLimits,
  type DkimVerdict,
  DkimVerifier,
  dkimPublicKey,
  generateDkimKey,
  splitMessage,
  verifyDkim,
} from './dkim.ts'

const now = 1_700_000_000
const ed = generateDkimKey('ed25519')
const edKey = createPrivateKey(ed.privateKey)
const rsa = generateDkimKey('rsa', 1024)
const rsaKey = createPrivateKey(rsa.privateKey)
const short = generateKeyPairSync('rsa', { modulusLength: 768 })
const shortData = short.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')

const letter = [
  'Received: from a by b',
  'Received: from c by a',
  'From: Sender <sender@north.example>',
  'To: receiver@south.example',
  'Subject: A  letter ',
  '',
  'Hello, ',
  'world\t!',
  '',
  '',
].join('\r\n')

const bodyHashes = {
  // What the tests sign by default: relaxed, so no white space at the end of the first line.
  sha256: createHash('sha256').update('Hello,\r\nworld !\r\n').digest('base64'),
  sha1: createHash('sha1').update('Hello,\r\nworld !\r\n').digest('base64'),
}

interface Crafted {
  /** Tags in place of the usual ones; `undefined` leaves one out. */
  readonly tags?: Readonly<Record<string, string | undefined>>
  readonly key?: KeyObject
  /** How the tags are put together; `b` stands for the signature. */
  readonly join?: (tags: readonly (readonly [string, string])[]) => string
  readonly message?: string
}

/**
 * A message with a signature made by hand, so that it can say what a decent signer would never say.
 * The cryptography is right for whatever the tags are.
 */
function craft({ tags = {}, key = edKey, join = joinTags, message = letter }: Crafted): Buffer {
  const all: Record<string, string | undefined> = {
    v: '1',
    a: key.asymmetricKeyType === 'ed25519' ? 'ed25519-sha256' : 'rsa-sha256',
    c: 'relaxed/relaxed',
    d: 'north.example',
    s: 'sel',
    h: 'From:To:Subject',
    bh: bodyHashes.sha256,
    b: '',
    ...tags,
  }
  const list = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  const unsigned = `DKIM-Signature: ${join(list)}\r\n`
  const { fields } = splitMessage(Buffer.from(`${unsigned}${message}`, 'latin1')).header
  const [signature] = fields
  assert.ok(signature !== undefined)
  // White space around the value that is to come is not signed either.
  const read = parseTagList(rawValue(signature))
  const b = read.ok ? read.value.get('b') : undefined
  const names = (all['h'] ?? '').toLowerCase().split(/[\s:]+/)
  const octets = signedHeader({
    fields: new FieldSelection(fields).select(names, 0),
    signature,
    omit: { start: b?.start ?? 0, end: b?.end ?? 0 },
    canonicalization: (all['c'] ?? '').startsWith('relaxed') ? 'relaxed' : 'simple',
  })
  const sha1 = (all['a'] ?? '').endsWith('sha1')
  const made =
    key.asymmetricKeyType === 'ed25519'
      ? sign(null, createHash('sha256').update(octets).digest(), key)
      : sign(sha1 ? 'sha1' : 'sha256', octets, key)
  const withSignature = list.map(
    ([name, value]) => [name, name === 'b' ? made.toString('base64') : value] as const,
  )
  return Buffer.from(`DKIM-Signature: ${join(withSignature)}\r\n${message}`, 'latin1')
}

function joinTags(tags: readonly (readonly [string, string])[]): string {
  return tags.map(([name, value]) => `${name}=${value}`).join('; ')
}

const edRecord = `v=DKIM1; k=ed25519; p=${ed.publicKey}`
const rsaRecord = `v=DKIM1; p=${rsa.publicKey}`

interface Asked {
  readonly records?: ZoneName | ZoneError
  readonly name?: string
  readonly limits?: Partial<DkimLimits>
  readonly at?: number
}

async function verdicts(message: Uint8Array, asked: Asked = {}): Promise<readonly DkimVerdict[]> {
  const { records = { TXT: [edRecord] }, name = 'sel._domainkey.north.example' } = asked
  return await verifyDkim(message, {
    resolver: new MemoryResolver({ [name]: records }),
    now: asked.at ?? now,
    ...(asked.limits === undefined ? {} : { limits: asked.limits }),
  })
}

async function verdict(message: Uint8Array, asked: Asked = {}): Promise<DkimVerdict> {
  const [first, ...more] = await verdicts(message, asked)
  assert.ok(first !== undefined && more.length === 0)
  // Plain data: what is stored as JSON comes back the same.
  assert.deepEqual(JSON.parse(JSON.stringify(first)), first)
  return first
}

function outcome(found: DkimVerdict): string {
  return found.result === 'pass' ? 'pass' : `${found.result} ${found.reason.code}`
}

const fields: readonly (readonly [what: string, crafted: Crafted, expected: string])[] = [
  ['nothing special', {}, 'pass'],
  ['no version', { tags: { v: undefined } }, 'permerror tag-missing'],
  ['version 2', { tags: { v: '2' } }, 'permerror version-unsupported'],
  ['version 01', { tags: { v: '01' } }, 'permerror version-unsupported'],
  ['an empty version', { tags: { v: '' } }, 'permerror version-unsupported'],
  ['no algorithm', { tags: { a: undefined } }, 'permerror tag-missing'],
  ['no body hash', { tags: { bh: undefined } }, 'permerror tag-missing'],
  ['no domain', { tags: { d: undefined } }, 'permerror tag-missing'],
  ['no field list', { tags: { h: undefined } }, 'permerror tag-missing'],
  ['no selector', { tags: { s: undefined } }, 'permerror tag-missing'],
  ['an unknown tag', { tags: { r: 'y', x_1: 'a=b' } }, 'pass'],
  ['an algorithm in upper case', { tags: { a: 'ED25519-SHA256' } }, 'pass'],
  ['an unknown algorithm', { tags: { a: 'rsa-sha512' } }, 'permerror algorithm-unsupported'],
  ['an empty algorithm', { tags: { a: '' } }, 'permerror algorithm-unsupported'],
  [
    'an unknown canonicalization',
    { tags: { c: 'nofws' } },
    'permerror canonicalization-unsupported',
  ],
  [
    'an unknown body canonicalization',
    { tags: { c: 'relaxed/x' } },
    'permerror canonicalization-unsupported',
  ],
  ['a body hash that is not base64', { tags: { bh: '***' } }, 'permerror tag-invalid'],
  ['a body hash of the wrong length', { tags: { bh: 'dGVzdA==' } }, 'permerror tag-invalid'],
  [
    'a body hash with folds and without padding',
    { tags: { bh: ` ${bodyHashes.sha256.slice(0, 9)}\r\n\t${bodyHashes.sha256.slice(9, -1)}` } },
    'pass',
  ],
  ['a domain of one label', { tags: { d: 'localhost' } }, 'permerror tag-invalid'],
  ['a domain with a dot at its end', { tags: { d: 'north.example.' } }, 'permerror tag-invalid'],
  ['an empty domain', { tags: { d: '' } }, 'permerror tag-invalid'],
  ['a domain with white space in it', { tags: { d: 'north. example' } }, 'permerror tag-invalid'],
  ['a domain in upper case', { tags: { d: 'NORTH.Example' } }, 'pass'],
  ['an empty selector', { tags: { s: '' } }, 'permerror tag-invalid'],
  ['a field list with folds', { tags: { h: 'from :\r\n\t TO\r\n : subject' } }, 'pass'],
  ['a field list without From', { tags: { h: 'to:subject' } }, 'permerror from-not-signed'],
  ['an empty field list', { tags: { h: '' } }, 'permerror tag-invalid'],
  ['a field list with a hole', { tags: { h: 'from::to' } }, 'permerror tag-invalid'],
  ['fields that the message does not have', { tags: { h: 'from:from:x-none:subject' } }, 'pass'],
  ['an identity of the domain', { tags: { i: 'joe@north.example' } }, 'pass'],
  ['an identity below the domain', { tags: { i: '@mail.North.example' } }, 'pass'],
  ['an identity with quotes and escapes', { tags: { i: '"a =40\\"@b"@north.example' } }, 'pass'],
  [
    'an identity elsewhere',
    { tags: { i: 'joe@south.example' } },
    'permerror identity-outside-domain',
  ],
  [
    'an identity above the domain',
    { tags: { d: 'a.north.example', i: '@north.example' } },
    'permerror identity-outside-domain',
  ],
  [
    'an identity that only ends alike',
    { tags: { i: '@anorth.example' } },
    'permerror identity-outside-domain',
  ],
  ['an identity without @', { tags: { i: 'north.example' } }, 'permerror tag-invalid'],
  ['an identity with a lone =', { tags: { i: 'a=@north.example' } }, 'permerror tag-invalid'],
  ['an empty identity', { tags: { i: '' } }, 'permerror tag-invalid'],
  ['a length that is no number', { tags: { l: 'x' } }, 'permerror tag-invalid'],
  ['an empty length', { tags: { l: '' } }, 'permerror tag-invalid'],
  ['a length of 77 digits', { tags: { l: '1'.repeat(77) } }, 'permerror tag-invalid'],
  ['a length beyond the body', { tags: { l: '18' } }, 'permerror length-exceeds-body'],
  [
    'a length far beyond the body',
    { tags: { l: '9'.repeat(76) } },
    'permerror length-exceeds-body',
  ],
  ['the length of the body', { tags: { l: '17' } }, 'pass'],
  [
    'a length of nothing',
    { tags: { l: '0', bh: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' } },
    'pass',
  ],
  ['a query method among others', { tags: { q: 'x/y : DNS/TXT' } }, 'pass'],
  ['a query method that is not known', { tags: { q: 'dns' } }, 'permerror query-unsupported'],
  ['an empty query method', { tags: { q: '' } }, 'permerror query-unsupported'],
  ['an expiry to come', { tags: { x: String(now + 1) } }, 'pass'],
  ['an expiry now', { tags: { x: String(now) } }, 'pass'],
  ['an expiry that is over', { tags: { x: String(now - 1) } }, 'permerror expired'],
  ['an expiry of 13 digits', { tags: { x: '1'.repeat(13) } }, 'permerror tag-invalid'],
  ['an expiry of 12 digits', { tags: { x: '9'.repeat(12) } }, 'pass'],
  [
    'an expiry before it was made',
    { tags: { t: '200', x: '100' } },
    'permerror expires-before-signed',
  ],
  [
    'an expiry when it was made',
    { tags: { t: String(now), x: String(now) } },
    'permerror expires-before-signed',
  ],
  ['a time a day ahead', { tags: { t: String(now + 86_400) } }, 'pass'],
  ['a time further ahead', { tags: { t: String(now + 86_401) } }, 'policy signed-in-future'],
  ['a time that is no number', { tags: { t: '-1' } }, 'permerror tag-invalid'],
  ['copied fields', { tags: { z: 'From:a=20b|To:x' } }, 'pass'],
  ['a tag twice', { join: (tags) => `${joinTags(tags)}; v=1` }, 'permerror tag-duplicate'],
  [
    'an unknown tag twice',
    { join: (tags) => `r=1; ${joinTags(tags)}; r=1` },
    'permerror tag-duplicate',
  ],
  ['no tags at all', { join: () => 'nonsense' }, 'permerror signature-syntax'],
  ['an empty value', { join: () => '' }, 'permerror signature-syntax'],
  ['a control character', { tags: { z: '\x01' } }, 'permerror signature-syntax'],
]

for (const [what, crafted, expected] of fields) {
  test(`a signature with ${what}: ${expected}`, async () => {
    assert.equal(outcome(await verdict(craft(crafted))), expected)
  })
}

const places: readonly (readonly [what: string, join: NonNullable<Crafted['join']>])[] = [
  ['last', joinTags],
  ['last, with a semicolon', (tags) => `${joinTags(tags)};`],
  ['last, with white space and a fold behind it', (tags) => `${joinTags(tags)} \t`],
  [
    'first',
    (tags) => joinTags([...tags.filter(([n]) => n === 'b'), ...tags.filter(([n]) => n !== 'b')]),
  ],
  [
    'in the middle with folds around and inside it',
    (tags) =>
      tags
        .toSorted(([n]) => (n === 'b' ? -1 : 0))
        .map(([n, v]) =>
          n === 'b' && v !== ''
            ? `b\t=\r\n ${v.slice(0, 5)} \r\n\t${v.slice(5)}\r\n `
            : `${n}${n === 'b' ? '\t' : ''}=${v}`,
        )
        .join(';\r\n  '),
  ],
]

for (const [what, join] of places) {
  for (const c of ['simple/simple', 'relaxed/simple', 'simple/relaxed', 'relaxed/relaxed']) {
    test(`b= ${what}: its value and the white space around it are not signed (${c})`, async () => {
      const simple = createHash('sha256').update('Hello, \r\nworld\t!\r\n').digest('base64')
      const bh = c.endsWith('simple') ? simple : bodyHashes.sha256
      assert.equal(outcome(await verdict(craft({ join, tags: { c, bh } }))), 'pass')
    })
  }
}

const records: readonly (readonly [
  what: string,
  records: ZoneName | ZoneError,
  expected: string,
])[] = [
  ['no such name', { error: 'NXDOMAIN' }, 'permerror key-missing'],
  ['no TXT record', { A: ['192.0.2.1'] }, 'permerror key-missing'],
  ['a time-out', { error: 'TIMEOUT' }, 'temperror key-unavailable'],
  ['a server failure', { TXT: { error: 'SERVFAIL' } }, 'temperror key-unavailable'],
  ['a refusal', { error: 'REFUSED' }, 'temperror key-unavailable'],
  ['a revoked key', { TXT: ['v=DKIM1; p='] }, 'permerror key-revoked'],
  ['another record', { TXT: ['v=spf1 -all'] }, 'permerror key-syntax'],
  ['an empty record', { TXT: [''] }, 'permerror key-syntax'],
  ['a record in pieces', { TXT: [[edRecord.slice(0, 9), '', edRecord.slice(9)]] }, 'pass'],
  [
    'a key for other hashes',
    { TXT: [`${edRecord}; h=sha1:sha512`] },
    'permerror key-hash-mismatch',
  ],
  ['a key for this hash among others', { TXT: [`${edRecord}; h=x : SHA256`] }, 'pass'],
  [
    'a key for other services',
    { TXT: [`${edRecord}; s=tlsrpt`] },
    'permerror key-service-mismatch',
  ],
  ['a key for mail among others', { TXT: [`${edRecord}; s=x:email`] }, 'pass'],
  ['a key of another type', { TXT: [rsaRecord] }, 'permerror key-type-mismatch'],
  [
    'a key of an unknown type',
    { TXT: [`k=x; p=${ed.publicKey}`] },
    'permerror key-type-unsupported',
  ],
  ['a key that is none', { TXT: ['k=ed25519; p=dGVzdA=='] }, 'permerror key-unusable'],
  ['a key that is much too long', { TXT: [`p=${'A'.repeat(60_000)}`] }, 'policy key-too-large'],
  [
    'another key',
    { TXT: [`k=ed25519; p=${generateDkimKey('ed25519').publicKey}`] },
    'fail signature-mismatch',
  ],
  ['the removed g=', { TXT: [`${edRecord}; g=nobody`] }, 'pass'],
  ['a strict key', { TXT: [`${edRecord}; t=s`] }, 'pass'],
  ['an alias', { CNAME: 'other.example' }, 'permerror key-missing'],
  ['two records of which the second fits', { TXT: [rsaRecord, edRecord] }, 'pass'],
  ['two records of which the first fits', { TXT: [edRecord, 'v=spf1'] }, 'pass'],
  [
    'two keys of which the second is right',
    { TXT: [`k=ed25519; p=${generateDkimKey('ed25519').publicKey}`, edRecord] },
    'pass',
  ],
  ['two records that do not fit', { TXT: ['v=spf1', 'p='] }, 'permerror key-syntax'],
  [
    'a record that fits behind too many others',
    { TXT: ['a', 'b', 'c', 'd', edRecord] },
    'permerror key-syntax',
  ],
]

for (const [what, zone, expected] of records) {
  test(`a key look-up that finds ${what}: ${expected}`, async () => {
    assert.equal(outcome(await verdict(craft({}), { records: zone })), expected)
  })
}

test('a strict key asks for an identity in the domain itself (t=s)', async () => {
  const zone = { TXT: [`${edRecord}; t=y:s`] }
  const below = await verdict(craft({ tags: { i: '@mail.north.example' } }), { records: zone })
  assert.equal(outcome(below), 'permerror key-identity-mismatch')
  assert.equal(below.testing, true)
  const same = await verdict(craft({ tags: { i: 'a@NORTH.example' } }), { records: zone })
  assert.equal(outcome(same), 'pass')
  assert.deepEqual(
    same.remarks.map((remark) => remark.code),
    ['key-testing'],
  )
})

test('rsa-sha1 never passes, and the evidence says that the cryptography is right (RFC 8301)', async () => {
  const message = craft({ key: rsaKey, tags: { a: 'rsa-sha1', bh: bodyHashes.sha1 } })
  const found = await verdict(message, { records: { TXT: [rsaRecord] } })
  assert.equal(outcome(found), 'policy algorithm-weak')
  assert.equal(found.header?.signature, 'match')
  assert.equal(found.body?.hash, 'match')
})

test('an RSA key under 1,024 bits never passes (RFC 8301)', async () => {
  const message = craft({ key: short.privateKey })
  const found = await verdict(message, { records: { TXT: [`p=${shortData}`] } })
  assert.equal(outcome(found), 'policy key-too-short')
  assert.equal(found.keyBits, 768)
  assert.equal(found.header?.signature, 'match')
})

test('an operator may ask for longer RSA keys', async () => {
  const asked = { records: { TXT: [rsaRecord] }, limits: { minRsaBits: 2048 } }
  assert.equal(outcome(await verdict(craft({ key: rsaKey }), asked)), 'policy key-too-short')
})

test('signatures that cover too much of a header together are not all checked', async () => {
  const signed = craft({ key: edKey }).toString('latin1')
  const field = signed.slice(0, signed.indexOf('Received:'))
  assert.ok(field.startsWith('DKIM-Signature:'))
  const message = Buffer.from(field.repeat(2) + signed, 'latin1')
  const results = async (maxSignedOctets: number): Promise<readonly string[]> => {
    const found = await verdicts(message, { limits: { maxSignedOctets } })
    return found.map(outcome)
  }
  assert.deepEqual(await results(3 * 32 * 1024), ['pass', 'pass', 'pass'])
  assert.deepEqual(await results(2 * 32 * 1024), ['pass', 'pass', 'policy too-much-signed'])
})

test('each key at a name counts anew', async () => {
  const other = `k=ed25519; p=${generateDkimKey('ed25519').publicKey}`
  const records = { TXT: [other, edRecord] }
  const asked = (checks: number) => ({ records, limits: { maxSignedOctets: checks * 32 * 1024 } })
  assert.equal(outcome(await verdict(craft({ key: edKey }), asked(2))), 'pass')
  assert.equal(outcome(await verdict(craft({ key: edKey }), asked(1))), 'fail signature-mismatch')
})

test('a changed header under RSA tells the hash that was signed; another key tells none', async () => {
  const message = craft({ key: rsaKey })
  const good = await verdict(message, { records: { TXT: [rsaRecord] } })
  assert.equal(good.result, 'pass')
  const changed = Buffer.from(
    message.toString('latin1').replace('A  letter', 'Another letter'),
    'latin1',
  )
  const found = await verdict(changed, { records: { TXT: [rsaRecord] } })
  assert.equal(outcome(found), 'fail header-hash-mismatch')
  assert.equal(found.header?.signedHash, good.header?.hash)
  const other = generateDkimKey('rsa', 1024)
  const foreign = await verdict(message, { records: { TXT: [`p=${other.publicKey}`] } })
  assert.equal(outcome(foreign), 'fail signature-mismatch')
  assert.equal(foreign.header?.signedHash, undefined)
})

test('a signature over another hash than it says is no match', async () => {
  const text = craft({ key: rsaKey, tags: { a: 'rsa-sha1', bh: bodyHashes.sha1 } })
    .toString('latin1')
    .replace('rsa-sha1', 'rsa-sha256')
    .replace(bodyHashes.sha1, bodyHashes.sha256)
  const found = await verdict(Buffer.from(text, 'latin1'), { records: { TXT: [rsaRecord] } })
  assert.equal(outcome(found), 'fail signature-mismatch')
})

test('a changed body tells both hashes, and what else differs', async () => {
  const message = craft({}).toString('latin1')
  const body = await verdict(Buffer.from(message.replace('world', 'earth'), 'latin1'))
  assert.equal(outcome(body), 'fail body-hash-mismatch')
  assert.equal(body.body?.expected, bodyHashes.sha256)
  assert.notEqual(body.body?.found, bodyHashes.sha256)
  assert.equal(body.header?.signature, 'match')
  const both = message.replace('world', 'earth').replace('Sender', 'Render')
  const all = await verdict(Buffer.from(both, 'latin1'))
  assert.equal(outcome(all), 'fail signature-and-body-hash-mismatch')
})

test('octets behind l= are counted, and white space that goes away is not', async () => {
  const message = craft({ tags: { l: '17' } }).toString('latin1')
  const found = await verdict(Buffer.from(`${message}added \r\n \r\n`, 'latin1'))
  assert.equal(found.result, 'pass')
  assert.deepEqual(
    { ...found.body, expected: undefined, found: undefined },
    {
      expected: undefined,
      found: undefined,
      hash: 'match',
      octets: 26,
      covered: 17,
      uncovered: 9,
      limit: 17,
    },
  )
  assert.deepEqual(
    found.remarks.map((remark) => remark.code),
    ['body-partly-signed'],
  )
})

test('a body that lost its end under l= has another hash, which is told before the length', async () => {
  const message = craft({ tags: { l: '17' } }).toString('latin1')
  const cut = Buffer.from(message.slice(0, message.indexOf('world')), 'latin1')
  assert.equal(outcome(await verdict(cut)), 'fail body-hash-mismatch')
})

test('a field that is signed twice may not be added once more', async () => {
  const message = craft({ tags: { h: 'from:from:subject' } }).toString('latin1')
  const added = message.replace('From:', 'From: Forger <f@evil.example>\r\nFrom:')
  assert.equal(outcome(await verdict(Buffer.from(message, 'latin1'))), 'pass')
  assert.equal(outcome(await verdict(Buffer.from(added, 'latin1'))), 'fail signature-mismatch')
})

test('fields that occur more than once are taken from the bottom', async () => {
  const message = craft({ tags: { h: 'received:from' } }).toString('latin1')
  const below = message.replace('Received: from c by a', 'Received: from x by a')
  const above = message.replace('Received: from a by b', 'Received: from x by b')
  assert.equal(outcome(await verdict(Buffer.from(above, 'latin1'))), 'pass')
  assert.equal(outcome(await verdict(Buffer.from(below, 'latin1'))), 'fail signature-mismatch')
})

test('dkim-signature in h= means other signatures than this one', async () => {
  const first = craft({ tags: { s: 'one' } }).toString('latin1')
  const own = first.slice(0, first.indexOf('Received'))
  // The second is on top of the first and signs it.
  const both = craft({ tags: { h: 'from:dkim-signature' }, message: first })
  const zone = new MemoryResolver({
    'sel._domainkey.north.example': { TXT: [edRecord] },
    'one._domainkey.north.example': { TXT: [edRecord] },
  })
  const found = await verifyDkim(both, { resolver: zone, now })
  assert.deepEqual(found.map(outcome), ['pass', 'pass'])
  const without = Buffer.from(both.toString('latin1').replace(own, ''), 'latin1')
  const [left] = await verifyDkim(without, { resolver: zone, now })
  assert.ok(left !== undefined)
  assert.equal(outcome(left), 'fail signature-mismatch')
})

test('U-labels in d=, s= and i= become A-labels in DNS and in the verdict (RFC 8616)', async () => {
  const tags = {
    d: 'b\xc3\xbccher.example',
    s: 's\xc3\xa9l',
    i: 'j\xc3\xb6rg@xn--bcher-kva.example',
    h: 'from',
  }
  const name = 'xn--sl-bja._domainkey.xn--bcher-kva.example'
  const found = await verdict(craft({ tags }), { name })
  assert.equal(outcome(found), 'pass')
  assert.equal(found.domain, 'xn--bcher-kva.example')
  assert.equal(found.selector, 'xn--sl-bja')
  assert.equal(found.identity, 'jörg@xn--bcher-kva.example')
  assert.equal(found.key?.name, name)
})

test('a message without signatures has no verdicts', async () => {
  assert.deepEqual(await verdicts(Buffer.from(letter)), [])
  assert.deepEqual(await verdicts(Buffer.from('')), [])
})

test('signatures past the limit share one verdict, and cost no look-ups', async () => {
  const message = craft({}).toString('latin1')
  const field = message.slice(0, message.indexOf('Received'))
  const many = Buffer.from(field.repeat(9_999) + message, 'latin1')
  let asked = 0
  const inner = new MemoryResolver({ 'sel._domainkey.north.example': { TXT: [edRecord] } })
  const resolver: Resolver = {
    resolve<T extends RecordType>(name: string, type: T): Promise<DnsAnswer<RecordData[T]>> {
      asked++
      return inner.resolve(name, type)
    },
  }
  const started = process.cpuUsage()
  const found = await verifyDkim(many, { resolver, now })
  const used = process.cpuUsage(started)
  assert.equal(asked, 1)
  assert.deepEqual(found.map(outcome), [
    ...Array.from({ length: 10 }, () => 'pass'),
    'neutral too-many-signatures',
  ])
  const last = found.at(-1)
  assert.ok(last?.result === 'neutral')
  assert.equal(last.index, 10)
  assert.equal(last.signatures, 9_990)
  // Four megabytes of header: far below a second even on a busy machine.
  assert.ok(used.user < 2_000_000)
})

test('all keys are asked for before the body comes, each name once', async () => {
  const one = craft({}).toString('latin1')
  const two = craft({ tags: { s: 'other' } }).toString('latin1')
  const head = (text: string): string => text.slice(0, text.indexOf('Received'))
  const { header, body } = splitMessage(Buffer.from(head(two) + head(one) + one, 'latin1'))
  const asked: string[] = []
  const release: (() => void)[] = []
  const resolver: Resolver = {
    async resolve<T extends RecordType>(name: string): Promise<DnsAnswer<RecordData[T]>> {
      asked.push(name)
      await new Promise<void>((resolve) => release.push(resolve))
      return { type: 'noName', ttlSeconds: 1, dnssec: 'insecure' }
    },
  }
  const verifier = new DkimVerifier({ header, resolver, now })
  assert.deepEqual(asked, ['other._domainkey.north.example', 'sel._domainkey.north.example'])
  verifier.push(body)
  const finished = verifier.finish()
  for (const go of release) go()
  assert.deepEqual((await finished).map(outcome), [
    'permerror key-missing',
    'permerror key-missing',
    'permerror key-missing',
  ])
})

test('a resolver that rejects is heard of at the end, and only there', async () => {
  const { header } = splitMessage(craft({}))
  const resolver: Resolver = { resolve: () => Promise.reject(new Error('broken')) }
  const verifier = new DkimVerifier({ header, resolver, now })
  await new Promise((resolve) => setImmediate(resolve))
  await assert.rejects(verifier.finish(), /broken/)
})

test('canonical forms are kept when asked for, up to the limit', async () => {
  const resolver = new MemoryResolver({ 'sel._domainkey.north.example': { TXT: [edRecord] } })
  const [kept] = await verifyDkim(craft({}), { resolver, now, keepCanonical: true })
  assert.equal(kept?.canonical?.body, 'Hello,\r\nworld !\r\n')
  assert.match(
    kept.canonical.header,
    /^from:Sender .*\r\nto:.*\r\nsubject:A letter\r\ndkim-signature:v=1.* b=$/,
  )
  assert.equal(kept.canonical.bodyTruncated || kept.canonical.headerTruncated, false)
  const limits = { maxCanonicalOctets: 6 }
  const [cut] = await verifyDkim(craft({}), { resolver, now, keepCanonical: true, limits })
  assert.deepEqual(cut?.canonical, {
    header: 'from:S',
    headerTruncated: true,
    body: 'Hello,',
    bodyTruncated: true,
  })
})

test('verifiers that share one pass over the body judge as one that has its own', async () => {
  const { header, body } = splitMessage(craft({}))
  const resolver = new MemoryResolver({ 'sel._domainkey.north.example': { TXT: [edRecord] } })
  const bodyHashes = new BodyHashes()
  const verifiers = [1, 2].map(() => new DkimVerifier({ header, resolver, now, bodyHashes }))
  bodyHashes.push(body)
  bodyHashes.finish()
  for (const verifier of verifiers) {
    assert.throws(() => verifier.push(body), /shared/)
    assert.deepEqual(await verifier.finish(), await verdicts(craft({})))
  }
})

test('a verifier that is used after its end says so', async () => {
  const { header } = splitMessage(craft({}))
  const verifier = new DkimVerifier({ header, resolver: new MemoryResolver({}), now })
  await verifier.finish()
  assert.throws(() => verifier.push(new Uint8Array(1)), /after finish/)
  await assert.rejects(verifier.finish(), /after finish/)
})

test('the public half of the test keys is what was generated', () => {
  assert.deepEqual(dkimPublicKey(ed.privateKey), {
    type: 'ed25519',
    bits: 256,
    publicKey: ed.publicKey,
  })
})
