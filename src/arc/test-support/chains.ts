/** Chains made by hand for tests: they can say what a decent sealer would never say. */

import {
  type KeyObject,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  sign as signWith,
} from 'node:crypto'

import { octetString, octetsOf } from '../../base/octets.ts'
import { MemoryResolver } from '../../dns/memory-resolver.ts'
import type { ZoneName } from '../../dns/zone-table.ts'
import { type HeaderField, rawValue } from '../../message/field.ts'
import { splitMessage } from '../../message/header-reader.ts'
import { BodyHashes } from '../../signature/body-hash.ts'
import { signedHeader } from '../../signature/canonical-header.ts'
import { FieldSelection } from '../../signature/field-selection.ts'
import type { Canonicalization } from '../../signature/signature.ts'
import { parseTagList } from '../../signature/tag-list.ts'
import { unevenLetter } from '../../signature/test-support/letters.ts'

/** What a set says instead of what it should; `undefined` leaves a tag out. */
export interface Crafted {
  readonly instance: number
  readonly key: KeyObject
  readonly seal?: Readonly<Record<string, string | undefined>>
  readonly message?: Readonly<Record<string, string | undefined>>
  /** The whole value of ARC-Authentication-Results. */
  readonly results?: string
  /** Octets of the body that `bh=` covers, when `l=` is given. */
  readonly bodyOctets?: number
  /** The seal covers its own set only, as that of a failed chain does. */
  readonly alone?: boolean
}

export const now = 1_700_000_000

/**
 * Adds a set to a message (octet string). The cryptography is right for whatever the tags are; the
 * seal covers all sets below it. Keys stand at `s1._domainkey.hop{instance}.example`.
 */
export function craftSet(text: string, crafted: Crafted): string {
  const { instance } = crafted
  const domain = `hop${instance}.example`
  const algorithm = crafted.key.asymmetricKeyType === 'ed25519' ? 'ed25519-sha256' : 'rsa-sha256'
  const said = crafted.results ?? ` i=${instance}; ${domain}; dmarc=pass header.from=north.example`
  const results = `ARC-Authentication-Results:${said}\r\n`
  const shared = { i: String(instance), a: algorithm, d: domain, s: 's1', t: String(now) }
  const canonicalization = crafted.message?.['c'] ?? 'relaxed/relaxed'
  const [header = 'simple', body = 'simple'] = canonicalization.toLowerCase().split('/')
  const message = sign(
    'ARC-Message-Signature',
    {
      ...shared,
      c: 'relaxed/relaxed',
      h: 'from:to:subject',
      bh: bodyHash(text, form(body), crafted.bodyOctets),
      b: '',
      ...crafted.message,
    },
    crafted.key,
    (unsigned, omit) => {
      const names = (crafted.message?.['h'] ?? 'from:to:subject').toLowerCase().split(':')
      const fields = new FieldSelection(
        splitMessage(octetsOf(results + text)).header.fields,
      ).select(names.map((name) => name.trim()).filter((name) => name !== ''))
      return signedHeader({ fields, signature: unsigned, omit, canonicalization: form(header) })
    },
  )
  const below = splitMessage(octetsOf(text)).header.fields
  const covered =
    crafted.alone === true
      ? []
      : Array.from({ length: instance - 1 }, (_, i) => setOf(below, i + 1)).flat()
  const seal = sign(
    'ARC-Seal',
    { ...shared, cv: instance === 1 ? 'none' : 'pass', b: '', ...crafted.seal },
    crafted.key,
    (unsigned, omit) =>
      signedHeader({
        fields: [...covered, parse(results), parse(message)],
        signature: unsigned,
        omit,
        canonicalization: 'relaxed',
      }),
  )
  return `${seal}${message}${results}${text}`
}

function setOf(fields: readonly HeaderField[], instance: number): readonly HeaderField[] {
  const mark = new RegExp(`(?:^|[\\s;])i=${instance}\\s*;`)
  const names = ['arc-authentication-results', 'arc-message-signature', 'arc-seal']
  return names.flatMap((name) => {
    return fields.filter((field) => field.name === name && mark.test(rawValue(field)))
  })
}

function sign(
  name: string,
  tags: Readonly<Record<string, string | undefined>>,
  key: KeyObject,
  octets: (unsigned: HeaderField, omit: { start: number; end: number }) => Uint8Array,
): string {
  const write = (b: string): string => {
    const list = Object.entries(tags).flatMap(([tag, value]) => {
      if (value === undefined) return []
      return [`${tag}=${tag === 'b' && value === '' ? b : value}`]
    })
    return `${name}: ${list.join('; ')}\r\n`
  }
  const unsigned = parse(write(''))
  const read = parseTagList(rawValue(unsigned))
  const b = read.ok ? read.value.get('b') : undefined
  const omit = { start: b?.start ?? 0, end: b?.end ?? 0 }
  // Not by the project's own function, which refuses keys that are too short.
  const signed = octets(unsigned, omit)
  const made =
    key.asymmetricKeyType === 'ed25519'
      ? signWith(null, createHash('sha256').update(signed).digest(), key)
      : signWith('sha256', signed, key)
  return write(made.toString('base64'))
}

function form(name: string): Canonicalization {
  return name === 'relaxed' ? 'relaxed' : 'simple'
}

function parse(text: string): HeaderField {
  const [field] = splitMessage(octetsOf(text)).header.fields
  if (field === undefined) throw new Error(`no field: ${text}`)
  return field
}

function bodyHash(text: string, canonicalization: Canonicalization, maxOctets?: number): string {
  const hashes = new BodyHashes()
  const growing = hashes.add({ canonicalization, hash: 'sha256', maxOctets })
  hashes.push(splitMessage(octetsOf(text)).body)
  hashes.finish()
  return growing.found.hash
}

/** A key and the record that publishes its public half. */
export interface TestKey {
  readonly key: KeyObject
  readonly record: string
}

export function testKey(type: 'ed25519' | 'rsa', bits = 1024): TestKey {
  const key =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: bits }).privateKey
      : generateKeyPairSync('ed25519').privateKey
  const der = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const published = type === 'rsa' ? der : der.subarray(-32)
  return { key, record: `v=DKIM1; k=${type}; p=${published.toString('base64')}` }
}

/** One record for the keys of all hops, and changes to it by name. */
export function zoneOf(
  record: string,
  hops: number,
  changes: Readonly<Record<string, ZoneName | { readonly error: 'SERVFAIL' }>> = {},
): MemoryResolver {
  const names = Array.from({ length: hops }, (_, i) => [keyAt(i + 1), { TXT: [record] }] as const)
  return new MemoryResolver({ ...Object.fromEntries(names), ...changes })
}

export function keyAt(instance: number): string {
  return `s1._domainkey.hop${instance}.example`
}

/** A message as octets, of an octet string. */
export function octets(text: string): Uint8Array {
  return octetsOf(text)
}

/** The other way. */
export function textOf(message: Uint8Array): string {
  return octetString(message)
}

export const letter: string = unevenLetter
