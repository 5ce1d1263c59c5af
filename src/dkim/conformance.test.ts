import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Zone, ZoneName } from '../dns/zone-table.ts'
import { BodyHashes } from '../signature/body-hash.ts'
import { openBodyCanonicalizer } from '../signature/canonical-body.ts'
import { canonicalField } from '../signature/canonical-header.ts'
import type { Canonicalization } from '../signature/signature.ts'
import {
  type DkimVerdict,
  parseDkimKeyRecord,
  parseDkimSignature,
  splitMessage,
  verifyDkim,
} from './dkim.ts'

/** Public test data that lies beside the repository on some machines; its SOURCE.md says what it is. */
const folder = new URL('../../../shared/conformance/dkim/', import.meta.url)
const absent = existsSync(folder) ? false : 'the conformance data is not beside this repository'

interface Case {
  readonly id: string
  readonly file: string
  readonly dns: Readonly<Record<string, readonly string[] | { readonly error: 'TIMEOUT' }>>
  readonly signatures: readonly {
    readonly a: string | null
    readonly v: string | null
    readonly rfc8301?: readonly string[]
  }[]
  readonly expect: readonly string[]
  readonly note: string
  readonly upstream?: string
  readonly obsolete?: string
  readonly now?: number
}

function load(file: string): Buffer {
  return readFileSync(new URL(file, folder))
}

/** The signatures of these messages have no v= or v=0.5: RFC 6376 §3.5 requires v= to be there and 1. */
const beforeRfc4871 = /^signed before RFC 4871/

/** The other signatures that lack v=1: their own fault is not reached, and the result is the same. */
const testedBeyondVersion = new Set([
  'mail-dkim-ignore_2',
  'mail-dkim-ignore_3',
  'mail-dkim-ignore_4',
  'mail-dkim-badkey_1',
  'mail-dkim-badkey_2',
  'mail-dkim-badkey_3',
  'mail-dkim-badkey_4',
  'mail-dkim-badkey_5',
  'mail-dkim-badkey_6',
  'mail-dkim-badkey_7',
])

test('every message of the conformance data gets the verdicts that it should', {
  skip: absent,
}, async (t) => {
  const cases: readonly Case[] = JSON.parse(load('cases.json').toString('utf8'))
  assert.ok(cases.length >= 84, `only ${cases.length} cases were read`)
  // Whoever expects nothing of a message would be content with any verdict.
  assert.ok(cases.every(({ expect }) => expect.length > 0))
  for (const one of cases) {
    await t.test(`${one.id} ${one.note}`, async () => {
      const zone: Record<string, ZoneName | { readonly error: 'TIMEOUT' }> = {}
      for (const [name, value] of Object.entries(one.dns)) {
        zone[name.toLowerCase()] = 'error' in value ? value : { TXT: value }
      }
      const verdicts = await verifyDkim(load(one.file), {
        resolver: new MemoryResolver(zone satisfies Zone),
        now: one.now ?? Date.UTC(2026, 0, 1) / 1000,
      })
      judgeCase(one, verdicts)
    })
  }
})

function judgeCase(one: Case, verdicts: readonly DkimVerdict[]): void {
  if (one.obsolete !== undefined && beforeRfc4871.test(one.obsolete)) {
    for (const verdict of verdicts) assert.equal(verdict.result, 'permerror')
    return
  }
  if (one.expect[0] === 'message-malformed') {
    assert.deepEqual(verdicts, [])
    return
  }
  const overall =
    one.upstream?.includes('overall') === true || one.upstream?.includes('last') === true
  if (overall) {
    const fit = verdicts.some((verdict, i) => fits(one, i, one.expect[0] ?? '', verdict))
    assert.ok(fit, JSON.stringify(verdicts.map((v) => v.result)))
    return
  }
  for (const [i, expected] of one.expect.entries()) {
    const verdict = verdicts[i]
    assert.ok(verdict !== undefined && fits(one, i, expected, verdict), `${i}: ${verdict?.result}`)
  }
}

function fits(one: Case, i: number, expected: string, verdict: DkimVerdict): boolean {
  const weak = (one.signatures[i]?.rfc8301 ?? []).length > 0
  switch (expected) {
    case 'pass':
      // RFC 8301 §3: the cryptography is right, and it counts for nothing all the same.
      if (weak) return verdict.result === 'policy' && verdict.header?.signature === 'match'
      return verdict.result === 'pass'
    case 'fail':
      return verdict.result === 'fail'
    case 'temperror':
      return verdict.result === 'temperror'
    case 'not-pass':
      return verdict.result !== 'pass'
    case 'permerror-or-fail':
      return verdict.result === 'permerror' || verdict.result === 'fail'
    case 'invalid':
      if (testedBeyondVersion.has(one.id)) return verdict.result === 'permerror'
      // RFC 6376 §3.6.1 has no g= any more; the rest of these is right but weak.
      if (one.obsolete?.startsWith('g=') === true) {
        return verdict.result === 'policy' && verdict.header?.signature === 'match'
      }
      if (verdict.result === 'temperror') return /dns error/.test(one.note)
      return verdict.result === 'permerror'
  }
  return false
}

test('the canonical forms are those of the conformance data', { skip: absent }, () => {
  const data: {
    canonicalisation: readonly {
      algorithm: Canonicalization
      part: string
      input: string
      output: string
    }[]
  } = JSON.parse(load('canonicalisation.json').toString('utf8'))
  assert.ok(data.canonicalisation.length >= 27)
  for (const { algorithm, part, input, output } of data.canonicalisation) {
    if (part === 'body') assert.equal(canonicalBody(algorithm, input), output, input)
    else {
      const [field] = splitMessage(Buffer.from(input, 'latin1')).header.fields
      assert.ok(field !== undefined)
      const form = `${Buffer.from(canonicalField(field, algorithm)).toString('latin1')}\r\n`
      assert.equal(form, output, input)
    }
  }
})

test('the body hashes are those of the conformance data', { skip: absent }, () => {
  const data: {
    bodyHash: readonly {
      algorithm: Canonicalization
      body: string
      sha256: string
      sha1?: string
    }[]
  } = JSON.parse(load('canonicalisation.json').toString('utf8'))
  assert.ok(data.bodyHash.length >= 3)
  for (const { algorithm, body, sha256, sha1 } of data.bodyHash) {
    const hashes = new BodyHashes()
    const long = hashes.add({ canonicalization: algorithm, hash: 'sha256' })
    const short = hashes.add({ canonicalization: algorithm, hash: 'sha1' })
    hashes.push(Buffer.from(body, 'latin1'))
    hashes.finish()
    assert.equal(long.found.hash, sha256)
    if (sha1 !== undefined) assert.equal(short.found.hash, sha1)
  }
})

function canonicalBody(how: Canonicalization, body: string): string {
  let out = ''
  const canonicalizer = openBodyCanonicalizer(how, (octets) => {
    out += Buffer.from(octets).toString('latin1')
  })
  canonicalizer.push(Buffer.from(body, 'latin1'))
  canonicalizer.finish()
  return out
}

test('key records and signature fields are read or refused as in the conformance data', {
  skip: absent,
}, () => {
  const data: {
    records: readonly { txt: string; isDkim: boolean; error: string | null }[]
    signatureHeaders: readonly { header: string; error: string | null }[]
  } = JSON.parse(load('parse.json').toString('utf8'))
  assert.ok(data.records.length >= 12 && data.signatureHeaders.length >= 8)
  for (const { txt, error } of data.records) {
    const record = parseDkimKeyRecord(txt)
    // What the data has nothing against: a usable key, a revoked one, and the empty text, which has
    // no p= and so is no key record (RFC 6376 §3.6.1).
    if (error === null && txt.includes('ed25519')) assert.ok(record.ok, txt)
    else assert.ok(!record.ok, txt)
  }
  for (const { header, error } of data.signatureHeaders) {
    const [field] = splitMessage(Buffer.from(header, 'latin1')).header.fields
    assert.ok(field !== undefined)
    assert.equal(parseDkimSignature(field, 0).ok, error === null, header)
  }
})
