/** Body hashes of many signatures, grown in one pass over the body. */

import { type Hash, createHash } from 'node:crypto'

import { type BodyCanonicalizer, isCanonicalBody, openBodyCanonicalizer } from './canonical-body.ts'
import { hashBase64 } from './signature-crypto.ts'
import type { Canonicalization, HashAlgorithm } from './signature.ts'

/** What a signature wants hashed. */
export interface BodyHashRequest {
  readonly canonicalization: Canonicalization
  readonly hash: HashAlgorithm
  /** `l=`: only so many canonical octets are hashed. */
  readonly maxOctets?: number | undefined
}

/** What was found, once the body has ended. */
export interface BodyHash {
  /** Base64. */
  readonly hash: string
  /** Octets of the canonical body. */
  readonly octets: number
  /** Octets of it that were hashed. */
  readonly covered: number
}

/** A finished hash and what was asked: with all of these a body need not be kept to be judged again. */
export interface KeptBodyHash {
  readonly request: BodyHashRequest
  readonly found: BodyHash
}

/**
 * The hash of one body that is whole in memory. Most bodies are canonical as they are, and then
 * nothing has to be opened for them.
 */
export function hashBody(body: Uint8Array, request: BodyHashRequest): BodyHash {
  if (isCanonicalBody(body, request.canonicalization)) {
    const octets = body.length
    const covered = Math.min(octets, request.maxOctets ?? Infinity)
    return { hash: hashBase64(request.hash, body.subarray(0, covered)), octets, covered }
  }
  const hashes = new BodyHashes()
  const growing = hashes.add(request)
  hashes.push(body)
  hashes.finish()
  return growing.found
}

/**
 * Canonicalises a body at most once for each kind of canonicalisation and hashes it at most once for
 * each kind of request, however many signatures ask. Memory does not grow with the body.
 */
export class BodyHashes {
  readonly #passes = new Map<Canonicalization, Pass>()
  readonly #requests: { readonly request: BodyHashRequest; readonly growing: GrowingHash }[] = []
  readonly #kept: readonly KeptBodyHash[] | undefined
  #lacking = false

  /** @param kept hashes of a body that is not here any more: they are given, and nothing is hashed */
  constructor(kept?: readonly KeptBodyHash[]) {
    this.#kept = kept
  }

  /** Whether a hash was asked for that is not among those that were kept. */
  get lacking(): boolean {
    return this.#lacking
  }

  /** All hashes, each with its request; to be asked when the body has ended. */
  get all(): readonly KeptBodyHash[] {
    return this.#requests.map(({ request, growing }) => ({ request, found: growing.found }))
  }

  /** Asks for a hash before the first octet; gives where it will be found. */
  add(request: BodyHashRequest): GrowingHash {
    const limit = request.maxOctets ?? Infinity
    const known = this.#requests.find((one) => sameRequest(one.request, request))
    if (known !== undefined) return known.growing
    if (this.#kept !== undefined) {
      const kept = this.#kept.find((one) => sameRequest(one.request, request))
      this.#lacking ||= kept === undefined
      const growing = new GrowingHash(request.hash, limit, kept?.found ?? nothing)
      this.#requests.push({ request, growing })
      return growing
    }
    let pass = this.#passes.get(request.canonicalization)
    if (pass === undefined) {
      pass = new Pass(request.canonicalization)
      this.#passes.set(request.canonicalization, pass)
    }
    const growing = new GrowingHash(request.hash, limit)
    pass.hashes.push(growing)
    this.#requests.push({ request, growing })
    return growing
  }

  /** Keeps the first canonical octets of a kind; see `CanonicalExcerpt`. */
  keep(canonicalization: Canonicalization, maxOctets: number): CanonicalExcerpt | undefined {
    const pass = this.#passes.get(canonicalization)
    if (pass === undefined) return undefined
    pass.excerpt ??= new CanonicalExcerpt(maxOctets)
    return pass.excerpt
  }

  push(chunk: Uint8Array): void {
    for (const pass of this.#passes.values()) pass.canonicalizer.push(chunk)
  }

  finish(): void {
    for (const pass of this.#passes.values()) {
      pass.canonicalizer.finish()
      for (const hash of pass.hashes) hash.finish()
    }
  }
}

/** Stands for a hash that is not known. */
const nothing: BodyHash = { hash: '', octets: 0, covered: 0 }

function sameRequest(a: BodyHashRequest, b: BodyHashRequest): boolean {
  return (
    a.canonicalization === b.canonicalization &&
    a.hash === b.hash &&
    (a.maxOctets ?? Infinity) === (b.maxOctets ?? Infinity)
  )
}

class Pass {
  readonly canonicalizer: BodyCanonicalizer
  readonly hashes: GrowingHash[] = []
  excerpt: CanonicalExcerpt | undefined

  constructor(canonicalization: Canonicalization) {
    this.canonicalizer = openBodyCanonicalizer(canonicalization, (octets) => {
      for (const hash of this.hashes) hash.update(octets)
      this.excerpt?.update(octets)
    })
  }
}

/** A hash over the first octets of what it is given. */
export class GrowingHash {
  readonly #hash: Hash
  readonly #limit: number
  #octets = 0
  #found: BodyHash | undefined

  /** @param found the hash itself, when it is known from before */
  constructor(algorithm: HashAlgorithm, limit: number, found?: BodyHash) {
    this.#hash = createHash(algorithm)
    this.#limit = limit
    this.#found = found
  }

  update(octets: Uint8Array): void {
    const room = this.#limit - this.#octets
    this.#octets += octets.length
    if (room >= octets.length) this.#hash.update(octets)
    else if (room > 0) this.#hash.update(octets.subarray(0, room))
  }

  finish(): void {
    this.#found = {
      hash: this.#hash.digest('base64'),
      octets: this.#octets,
      covered: Math.min(this.#octets, this.#limit),
    }
  }

  /** The finished hash. */
  get found(): BodyHash {
    if (this.#found === undefined) throw new Error('GrowingHash: asked before the body ended')
    return this.#found
  }
}

/** The first canonical octets, for showing. */
export class CanonicalExcerpt {
  readonly #octets: Uint8Array<ArrayBuffer>
  #length = 0
  #truncated = false

  constructor(maxOctets: number) {
    this.#octets = new Uint8Array(maxOctets)
  }

  update(octets: Uint8Array): void {
    const room = this.#octets.length - this.#length
    const part = octets.length > room ? octets.subarray(0, room) : octets
    this.#octets.set(part, this.#length)
    this.#length += part.length
    if (part.length < octets.length) this.#truncated = true
  }

  get octets(): Uint8Array<ArrayBuffer> {
    return this.#octets.subarray(0, this.#length)
  }

  get truncated(): boolean {
    return this.#truncated
  }
}
