import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { test } from 'node:test'

import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { ZoneName } from '../dns/zone-table.ts'
import {
  checkDkimPublication,
  dkimPublicKey,
  formatDkimRecord,
  formatKeyTxt,
  generateDkimKey,
  parseDkimKeyRecord,
} from './dkim.ts'

const rsa = generateDkimKey('rsa')
const ed = generateDkimKey('ed25519')

test('a new key is published as a record that reads back as the same key', () => {
  for (const [pair, bits] of [
    [rsa, 2048],
    [ed, 256],
  ] as const) {
    const record = parseDkimKeyRecord(formatDkimRecord({ ...pair, testing: true, strict: true }))
    assert.ok(record.ok)
    assert.equal(record.value.key.bits, bits)
    assert.equal(record.value.type, pair.type)
    assert.deepEqual([record.value.testing, record.value.strict], [true, true])
    assert.deepEqual(dkimPublicKey(pair.privateKey), {
      type: pair.type,
      bits,
      publicKey: pair.publicKey,
    })
    assert.deepEqual(dkimPublicKey(createPrivateKey(pair.privateKey)).publicKey, pair.publicKey)
  }
  assert.equal(Buffer.from(ed.publicKey, 'base64').length, 32)
})

test('an empty public key makes a record that revokes', () => {
  const text = formatDkimRecord({ type: 'rsa', publicKey: '' })
  assert.equal(text, 'v=DKIM1; k=rsa; h=sha256; p=')
  const record = parseDkimKeyRecord(text)
  assert.ok(!record.ok)
  assert.equal(record.problem.code, 'key-revoked')
})

test('a record is cut into strings of 255 octets at most', () => {
  const text = formatDkimRecord(rsa)
  const strings = formatKeyTxt(text)
  assert.equal(strings.length, 2)
  assert.equal(strings.join(''), text)
  assert.ok(strings.every((string) => string.length > 0 && string.length <= 255))
  assert.deepEqual(formatKeyTxt(''), [''])
  assert.equal(formatKeyTxt('x'.repeat(510)).length, 2)
})

async function state(TXT: NonNullable<ZoneName['TXT']> | undefined): Promise<unknown> {
  const zone = TXT === undefined ? {} : { 's1._domainkey.north.example': { TXT } }
  const found = await checkDkimPublication({
    domain: 'North.example',
    selector: 'S1',
    privateKey: rsa.privateKey,
    resolver: new MemoryResolver(zone),
  })
  assert.equal(found.name, 's1._domainkey.north.example')
  return found.state
}

test('the publication check tells what DNS has for a key of ours', async () => {
  const ours = formatDkimRecord(rsa)
  assert.equal(await state([ours]), 'published')
  assert.equal(await state([[ours.slice(0, 200), ours.slice(200)]]), 'published')
  assert.equal(await state(undefined), 'missing')
  assert.equal(await state({ error: 'SERVFAIL' }), 'unavailable')
  assert.equal(await state([ours, ours]), 'several')
  assert.equal(await state([formatDkimRecord(ed)]), 'different')
  assert.equal(await state([formatDkimRecord(generateDkimKey('rsa', 1024))]), 'different')
  assert.equal(await state(['v=DKIM1; p=']), 'revoked')
  assert.equal(await state([ours.slice(0, 200)]), 'malformed')
})
