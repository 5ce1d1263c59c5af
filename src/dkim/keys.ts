/** Making keys and publishing them. */

import { type KeyObject, createPublicKey, generateKeyPairSync } from 'node:crypto'

import { parseDomain } from '../address/domain.ts'
import { WaybillError } from '../base/error.ts'
import type { Resolver } from '../dns/resolver.ts'
import { type KeyAnswer, describeAnswer, keyName } from '../signature/key-lookup.ts'
import { parseKeyRecord } from '../signature/key-record.ts'
import { readPrivateKey } from '../signature/private-key.ts'
import type { KeyType } from '../signature/signature.ts'

/** A new pair of keys. */
export interface DkimKeyPair {
  readonly type: KeyType
  /** PEM, PKCS#8. Secret. */
  readonly privateKey: string
  /** Base64, as it stands in `p=`. */
  readonly publicKey: string
}

/** The public half, as a record publishes it. */
export interface DkimPublicKey {
  readonly type: KeyType
  readonly bits: number
  /** Base64, as it stands in `p=`. */
  readonly publicKey: string
}

/**
 * Makes a key. RSA has 2,048 bits unless told otherwise: RFC 8301 §3.2 asks for that, and a longer
 * record fits into few DNS answers. Blocks: an RSA key takes up to a second.
 */
export function generateDkimKey(type: KeyType, bits = 2048): DkimKeyPair {
  const { privateKey } =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: Math.max(bits, 1024) })
      : generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { type, privateKey: pem, publicKey: publicHalf(privateKey, type) }
}

/**
 * The public half of a private key.
 *
 * @throws WaybillError `key-unusable`
 */
export function dkimPublicKey(privateKey: string | KeyObject): DkimPublicKey {
  const { object, algorithm, bits } = readPrivateKey(privateKey)
  const type = algorithm === 'ed25519-sha256' ? 'ed25519' : 'rsa'
  return { type, bits, publicKey: publicHalf(object, type) }
}

function publicHalf(privateKey: KeyObject, type: KeyType): string {
  const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  // RFC 8463 §4: an Ed25519 key is published as its bare 32 octets.
  return (type === 'ed25519' ? der.subarray(-32) : der).toString('base64')
}

export interface DkimRecordOptions {
  readonly type: KeyType
  /** Base64; the empty string revokes the key. */
  readonly publicKey: string
  /** `t=y`. */
  readonly testing?: boolean
  /** `t=s`: no identities in subdomains. */
  readonly strict?: boolean
}

/** The text of a key record (RFC 6376 §3.6.1): `v=DKIM1; k=rsa; h=sha256; p=…`. */
export function formatDkimRecord(options: DkimRecordOptions): string {
  const flags = [options.testing === true ? 'y' : '', options.strict === true ? 's' : '']
  const t = flags.filter((flag) => flag !== '').join(':')
  const parts = ['v=DKIM1', `k=${options.type}`, 'h=sha256']
  if (t !== '') parts.push(`t=${t}`)
  parts.push(`p=${options.publicKey}`)
  return parts.join('; ')
}

/** A record in strings of at most 255 octets, as DNS wants it (RFC 6376 §3.6.2.2). */
export function formatKeyTxt(record: string): readonly string[] {
  const strings: string[] = []
  for (let at = 0; at < record.length; at += 255) strings.push(record.slice(at, at + 255))
  return strings.length === 0 ? [''] : strings
}

/** What DNS says of a key that we sign with. */
export type DkimPublication = KeyAnswer &
  (
    | { readonly state: 'published'; readonly record: string; readonly testing: boolean }
    | { readonly state: 'missing' | 'unavailable' }
    | { readonly state: 'several' }
    | {
        readonly state: 'different' | 'revoked' | 'malformed'
        readonly record: string
        readonly text: string
      }
  )

/**
 * Asks DNS whether the record that belongs to a private key is there, before mail is signed with it.
 *
 * @throws WaybillError `key-unusable` or `usage`
 */
export async function checkDkimPublication(input: {
  readonly domain: string
  readonly selector: string
  readonly privateKey: string | KeyObject
  readonly resolver: Resolver
}): Promise<DkimPublication> {
  const ours = dkimPublicKey(input.privateKey)
  const domain = parseDomain(input.domain)
  const selector = parseDomain(input.selector)
  if (domain === undefined || selector === undefined) {
    const what = `"${input.selector}" and "${input.domain}"`
    throw new WaybillError('usage', `${what} do not name a place for a key.`)
  }
  const name = keyName(selector, domain)
  const answer = await input.resolver.resolve(name, 'TXT')
  const asked = describeAnswer(name, answer)
  if (answer.type === 'failed') return { ...asked, state: 'unavailable' }
  if (answer.type !== 'found') return { ...asked, state: 'missing' }
  const [record, ...more] = answer.records
  if (record === undefined) return { ...asked, state: 'missing' }
  if (more.length > 0) return { ...asked, state: 'several' }
  const read = parseKeyRecord(record)
  if (!read.ok) {
    const state = read.problem.code === 'key-revoked' ? 'revoked' : 'malformed'
    return { ...asked, state, record, text: `The record cannot be used: ${read.problem.text}.` }
  }
  const { key, testing } = read.value
  const mine = createPublicKey(readPrivateKey(input.privateKey).object)
  if (!key.object.equals(mine)) {
    const text = `The record holds another key (${key.type}, ${key.bits} bits) than the one we sign with (${ours.type}, ${ours.bits} bits).`
    return { ...asked, state: 'different', record, text }
  }
  return { ...asked, state: 'published', record, testing }
}
