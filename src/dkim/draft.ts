/** Signatures before they are signed: the fields as far as `b=`, and the octets that each is over. */

import type { KeyObject } from 'node:crypto'

import { isWithin, parseDomain } from '../address/domain.ts'
import { WaybillError } from '../base/error.ts'
import { encodeUtf8 } from '../base/octets.ts'
import type { HeaderField } from '../message/field.ts'
import type { BodyHashRequest } from '../signature/body-hash.ts'
import { signedHeader } from '../signature/canonical-header.ts'
import { FieldSelection } from '../signature/field-selection.ts'
import { type TagText, asField, writeTags } from '../signature/field-writer.ts'
import { type PrivateKey, readPrivateKey } from '../signature/private-key.ts'
import type { SigningAlgorithm } from '../signature/signature-crypto.ts'
import { checkSignerNames } from '../signature/signer-names.ts'
import type { CanonicalizationPair } from '../signature/signature.ts'
import { type DkimHeaderPolicy, defaultHeaderPolicy, namesToSign } from './header-policy.ts'

/** One key to sign with. */
export interface DkimSigningKey {
  /** `d=`; U-labels are written as A-labels. */
  readonly domain: string
  /** `s=`. */
  readonly selector: string
  /** PEM text, or a key object. A PEM is parsed once. */
  readonly privateKey: string | KeyObject
  /** Follows from the key; when given, it must. */
  readonly algorithm?: SigningAlgorithm
  /** `i=`: `user@domain` or `@domain`, in `domain` or below it. */
  readonly identity?: string
}

export interface DkimSignOptions {
  /** One signature is made for each, over the same fields. */
  readonly keys: readonly DkimSigningKey[]
  /** Unix seconds, for `t=`. */
  readonly now: number
  /** Writes `x=` so many seconds after `now`. */
  readonly expiresAfterSeconds?: number
  /** `relaxed/relaxed` when not given. */
  readonly canonicalization?: CanonicalizationPair
  readonly headerPolicy?: DkimHeaderPolicy
}

/** One signature that is only to be signed. */
export interface DkimDraft {
  readonly key: PrivateKey
  /** The field up to the empty `b=` at its end. */
  readonly text: string
  /** What the signature is over (RFC 6376 §3.7). */
  readonly octets: Uint8Array
}

/** A key, checked. */
interface Signatory {
  readonly key: PrivateKey
  readonly domain: string
  readonly selector: string
  readonly identity: string | undefined
}

const relaxed: CanonicalizationPair = { header: 'relaxed', body: 'relaxed' }

/** All signatures of one message: what the header and the options settle. */
export class DkimDrafts {
  readonly #options: DkimSignOptions
  readonly #canonicalization: CanonicalizationPair
  readonly #signatories: readonly Signatory[]
  readonly #names: readonly string[]
  readonly #fields: readonly (HeaderField | undefined)[]

  /** @throws WaybillError `key-unusable` or `usage`, when a key cannot sign or names no domain */
  constructor(options: DkimSignOptions, fields: readonly HeaderField[]) {
    this.#options = options
    this.#canonicalization = options.canonicalization ?? relaxed
    this.#signatories = options.keys.map(checkKey)
    const selection = new FieldSelection(fields)
    this.#names = namesToSign(selection, options.headerPolicy ?? defaultHeaderPolicy)
    this.#fields = selection.select(this.#names)
  }

  /** The body hash that all of them want. */
  get bodyHash(): BodyHashRequest {
    return { canonicalization: this.#canonicalization.body, hash: 'sha256' }
  }

  /** A draft for each key, in their order. */
  write(bodyHash: string): readonly DkimDraft[] {
    return this.#signatories.map((signatory) => {
      const text = writeTags('DKIM-Signature', this.#tags(signatory, bodyHash))
      const octets = signedHeader({
        fields: this.#fields,
        signature: asField(text),
        // b= is empty already, and the last tag.
        omit: { start: 0, end: 0 },
        canonicalization: this.#canonicalization.header,
      })
      return { key: signatory.key, text, octets }
    })
  }

  #tags(signatory: Signatory, bodyHash: string): readonly TagText[] {
    const { header, body } = this.#canonicalization
    const { expiresAfterSeconds } = this.#options
    const now = Math.floor(this.#options.now)
    const last = this.#names.length - 1
    return [
      { name: 'v', value: '1' },
      { name: 'a', value: signatory.key.algorithm },
      { name: 'c', value: `${header}/${body}` },
      { name: 'd', value: signatory.domain },
      { name: 's', value: signatory.selector },
      ...(signatory.identity === undefined ? [] : [{ name: 'i', value: signatory.identity }]),
      { name: 't', value: String(now) },
      ...(expiresAfterSeconds === undefined
        ? []
        : [{ name: 'x', value: String(now + Math.max(1, Math.floor(expiresAfterSeconds))) }]),
      { name: 'h', value: this.#names.map((name, i) => (i < last ? `${name}:` : name)) },
      { name: 'bh', value: bodyHash },
      { name: 'b', value: '' },
    ]
  }
}

function checkKey(input: DkimSigningKey): Signatory {
  const key = readPrivateKey(input.privateKey)
  if (input.algorithm !== undefined && input.algorithm !== key.algorithm) {
    const text = `The key of ${input.selector} signs with ${key.algorithm}, not ${input.algorithm}.`
    throw new WaybillError('key-unusable', text)
  }
  const { domain, selector } = checkSignerNames(input, 'sign')
  return { key, domain, selector, identity: checkIdentity(input.identity, domain) }
}

function checkIdentity(identity: string | undefined, signingDomain: string): string | undefined {
  if (identity === undefined) return undefined
  const at = identity.lastIndexOf('@')
  const domain = at < 0 ? undefined : parseDomain(identity.slice(at + 1))
  if (domain === undefined || !isWithin(domain, signingDomain)) {
    throw new WaybillError('usage', `The identity "${identity}" is not in ${signingDomain}.`)
  }
  return `${encodeQuotedPrintable(identity.slice(0, at))}@${domain}`
}

/** `dkim-quoted-printable` (RFC 6376 §2.11), all of it ASCII. */
function encodeQuotedPrintable(text: string): string {
  return Array.from(encodeUtf8(text), (octet) => {
    const safe = octet > 0x20 && octet < 0x7f && octet !== 0x3b && octet !== 0x3d
    if (safe) return String.fromCharCode(octet)
    return `=${octet.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')
}
