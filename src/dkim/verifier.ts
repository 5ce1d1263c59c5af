/** Verifies all DKIM signatures of a message in one pass over it (RFC 6376 §6). */

import type { Resolver } from '../dns/resolver.ts'
import type { HeaderField } from '../message/field.ts'
import { splitMessage } from '../message/header-reader.ts'
import { BodyHashes, type CanonicalExcerpt, type GrowingHash } from '../signature/body-hash.ts'
import { FieldSelection } from '../signature/field-selection.ts'
import { type KeyCache, sharedKeyCache } from '../signature/key-cache.ts'
import { KeyLookups, keyName } from '../signature/key-lookup.ts'
import { type SignatureRules, defaultSignatureRules, expired } from '../signature/rules.ts'
import { hashOf } from '../signature/signature.ts'
import { SignedWork } from '../signature/signed-work.ts'
import { judge } from './judge.ts'
import { type DkimSignature, parseDkimSignature } from './signature-field.ts'
import type { DkimVerdict } from './verdict.ts'

/** The bounds of one verification, and the choices that the RFCs leave. */
export interface DkimLimits extends SignatureRules {
  /** Signatures evaluated, from the top; the rest share one `neutral` verdict. */
  readonly maxSignatures: number
  /** Octets kept of each canonical form with `keepCanonical`. */
  readonly maxCanonicalOctets: number
}

export const defaultDkimLimits: DkimLimits = {
  maxSignatures: 10,
  maxCanonicalOctets: 64 * 1024,
  ...defaultSignatureRules,
}

export interface DkimOptions {
  readonly resolver: Resolver
  /** Unix seconds; decides about `x=` and `t=`. */
  readonly now: number
  readonly limits?: Partial<DkimLimits>
  /** Puts the canonical forms into the verdicts, so that a difference can be shown. */
  readonly keepCanonical?: boolean
  /** Where parsed keys are remembered; one cache for the process when there is none. */
  readonly keys?: KeyCache
}

/** What a verifier needs to begin. */
export interface DkimVerifierOptions extends DkimOptions {
  /** The header, or anything else that has its fields, top down. */
  readonly header: { readonly fields: readonly HeaderField[] }
  /**
   * A pass over the body that others (ARC) share. Whoever made it pushes the body to it and finishes
   * it before `finish` is called here; `push` is then not for use.
   */
  readonly bodyHashes?: BodyHashes
}

/** One signature under way. */
interface Candidate {
  readonly signature: DkimSignature
  readonly fields: readonly (HeaderField | undefined)[]
  readonly bodyHash: GrowingHash
  readonly excerpt: CanonicalExcerpt | undefined
}

/**
 * A verification that runs while the message arrives: make it when the header is there, `push` the
 * octets of the body, cut anywhere, and `finish`.
 *
 * All keys are asked for at once, in the constructor. Memory does not grow with the body. Nothing in
 * a message or a key record makes it throw; a resolver that rejects does.
 */
export class DkimVerifier {
  readonly #options: DkimVerifierOptions
  readonly #limits: DkimLimits
  readonly #lookups: KeyLookups
  readonly #bodyHashes: BodyHashes
  readonly #entries: (Candidate | DkimVerdict)[] = []
  readonly #work: SignedWork
  #ended = false

  constructor(options: DkimVerifierOptions) {
    this.#options = options
    this.#limits = { ...defaultDkimLimits, ...options.limits }
    this.#work = new SignedWork(this.#limits.maxSignedOctets)
    this.#lookups = new KeyLookups(options.resolver)
    this.#bodyHashes = options.bodyHashes ?? new BodyHashes()
    const { fields } = options.header
    const positions: number[] = []
    for (let i = 0; i < fields.length; i++) {
      if (fields[i]?.name === 'dkim-signature') positions.push(i)
    }
    if (positions.length === 0) return
    const selection = new FieldSelection(fields)
    const { maxSignatures } = this.#limits
    for (const [index, position] of positions.slice(0, maxSignatures).entries()) {
      const field = fields[position]
      if (field !== undefined) this.#entries.push(this.#begin(field, index, selection, position))
    }
    const rest = positions.length - maxSignatures
    if (rest > 0) this.#entries.push(notEvaluated(maxSignatures, rest))
  }

  /** Octets of the body, in their order. They are not kept. */
  push(body: Uint8Array): void {
    if (this.#ended) throw new Error('DkimVerifier: push after finish')
    if (this.#options.bodyHashes !== undefined) throw new Error('DkimVerifier: the body is shared')
    this.#bodyHashes.push(body)
  }

  /**
   * The message has ended: one verdict for each signature, in the order of the header, top down.
   * Empty when the message is not signed.
   */
  async finish(): Promise<readonly DkimVerdict[]> {
    if (this.#ended) throw new Error('DkimVerifier: finish after finish')
    this.#ended = true
    if (this.#options.bodyHashes === undefined) this.#bodyHashes.finish()
    const verdicts: DkimVerdict[] = []
    for (const entry of this.#entries) {
      verdicts.push('result' in entry ? entry : await this.#judge(entry))
    }
    return verdicts
  }

  #begin(
    field: HeaderField,
    index: number,
    selection: FieldSelection,
    position: number,
  ): Candidate | DkimVerdict {
    const read = parseDkimSignature(field, index)
    if (!read.ok) {
      const { claims, reason } = read.problem
      return { result: 'permerror', reason, ...claims, testing: false, remarks: [] }
    }
    const signature = read.value
    const reason = expired(signature.expiresAt, this.#options.now)
    // No reason to ask for a key.
    if (reason !== undefined) {
      return { result: 'permerror', reason, ...signature.claims, testing: false, remarks: [] }
    }
    this.#lookups.start(keyName(signature.selector, signature.domain))
    const { body } = signature.canonicalization
    const bodyHash = this.#bodyHashes.add({
      canonicalization: body,
      hash: hashOf(signature.algorithm),
      maxOctets: signature.bodyLength,
    })
    const keep = this.#options.keepCanonical === true
    return {
      signature,
      fields: selection.select(signature.signedFields, position),
      bodyHash,
      excerpt: keep ? this.#bodyHashes.keep(body, this.#limits.maxCanonicalOctets) : undefined,
    }
  }

  async #judge(candidate: Candidate): Promise<DkimVerdict> {
    const { signature, fields, bodyHash, excerpt } = candidate
    return judge({
      signature,
      fields,
      bodyHash: bodyHash.found,
      answer: await this.#lookups.answer(keyName(signature.selector, signature.domain)),
      keys: this.#options.keys ?? sharedKeyCache,
      now: this.#options.now,
      rules: this.#limits,
      work: this.#work,
      excerpt:
        excerpt === undefined
          ? undefined
          : { body: excerpt, maxOctets: this.#limits.maxCanonicalOctets },
    })
  }
}

/**
 * Verifies a message that is whole in memory.
 *
 * @param message header and body as they were sent: lines end with CRLF
 */
export async function verifyDkim(
  message: Uint8Array,
  options: DkimOptions,
): Promise<readonly DkimVerdict[]> {
  const { header, body } = splitMessage(message)
  const verifier = new DkimVerifier({ ...options, header })
  verifier.push(body)
  return await verifier.finish()
}

function notEvaluated(index: number, count: number): DkimVerdict {
  const text = `Only ${index} signatures of a message are checked; ${count} more were not looked at.`
  return {
    result: 'neutral',
    reason: { code: 'too-many-signatures', text },
    index,
    signatures: count,
    testing: false,
    remarks: [],
  }
}
