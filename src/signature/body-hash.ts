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

  /** Asks for a hash before the first octet; gives where it will be found. */
  add(request: BodyHashRequest): GrowingHash {
    const limit = request.maxOctets ?? Infinity
    for (const known of this.#requests) {
      const same =
        known.request.canonicalization === request.canonicalization &&
        known.request.hash === request.hash &&
        (known.request.maxOctets ?? Infinity) === limit
      if (same) return known.growing
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

  constructor(algorithm: HashAlgorithm, limit: number) {
    this.#hash = createHash(algorithm)
    this.#limit = limit
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
