/** Verifies the ARC chain of a message in one pass over it (RFC 8617 §5.2). */

import type { HeaderField } from '../message/field.ts'
import { splitMessage } from '../message/header-reader.ts'
import { BodyHashes } from '../signature/body-hash.ts'
import { type ArcOptions, ChainCheck } from './chain-check.ts'
import { readChain } from './chain.ts'
import type { ArcVerdict } from './verdict.ts'

/** What a verifier needs to begin. */
export interface ArcVerifierOptions extends ArcOptions {
  /** The header, or anything else that has its fields, top down. */
  readonly header: { readonly fields: readonly HeaderField[] }
  /**
   * A pass over the body that others (DKIM) share. Whoever made it pushes the body to it and finishes
   * it before `finish` is called here; `push` is then not for use.
   */
  readonly bodyHashes?: BodyHashes
}

/**
 * A verification that runs while the message arrives: make it when the header is there, `push` the
 * octets of the body, cut anywhere, and `finish`.
 *
 * A message without ARC fields costs one look at the names of its fields, and one whose chain is
 * broken in its structure asks nobody. Memory does not grow with the body. Nothing in a message or a
 * key record makes it throw; a resolver that rejects does.
 */
export class ArcVerifier {
  readonly #bodyIsShared: boolean
  /** A pass over the body of its own, where one is needed. */
  readonly #bodyHashes: BodyHashes | undefined
  readonly #decided: ArcVerdict | ChainCheck
  #ended = false

  constructor(options: ArcVerifierOptions) {
    this.#bodyIsShared = options.bodyHashes !== undefined
    const { fields } = options.header
    const chain = readChain(fields)
    if (chain.type === 'none') this.#decided = { result: 'none' }
    else if (chain.type === 'broken') {
      const { reason, instances, sets } = chain
      this.#decided = { result: 'fail', reason, instances, sets }
    } else {
      const bodyHashes = options.bodyHashes ?? new BodyHashes()
      if (!this.#bodyIsShared) this.#bodyHashes = bodyHashes
      this.#decided = new ChainCheck(chain, { fields, options, bodyHashes })
    }
  }

  /** Octets of the body, in their order. They are not kept. */
  push(body: Uint8Array): void {
    if (this.#ended) throw new Error('ArcVerifier: push after finish')
    if (this.#bodyIsShared) throw new Error('ArcVerifier: the body is shared')
    this.#bodyHashes?.push(body)
  }

  /** The message has ended: the verdict. */
  async finish(): Promise<ArcVerdict> {
    if (this.#ended) throw new Error('ArcVerifier: finish after finish')
    this.#ended = true
    this.#bodyHashes?.finish()
    return this.#decided instanceof ChainCheck ? await this.#decided.conclude() : this.#decided
  }
}

/**
 * Verifies the chain of a message that is whole in memory.
 *
 * @param message header and body as they were sent: lines end with CRLF
 */
export async function verifyArc(message: Uint8Array, options: ArcOptions): Promise<ArcVerdict> {
  const { header, body } = splitMessage(message)
  const verifier = new ArcVerifier({ ...options, header })
  verifier.push(body)
  return await verifier.finish()
}
