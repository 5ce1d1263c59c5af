/** Adds an ARC Set to a message that is handed on (RFC 8617 §5.1). */

import type { KeyObject } from 'node:crypto'

import { WaybillError } from '../base/error.ts'
import type { HeaderField } from '../message/field.ts'
import { splitMessage } from '../message/header-reader.ts'
import { BodyHashes, type GrowingHash } from '../signature/body-hash.ts'
import { FieldSelection } from '../signature/field-selection.ts'
import { type PrivateKey, readPrivateKey } from '../signature/private-key.ts'
import { signOctets, signOctetsAsync } from '../signature/signature-crypto.ts'
import { checkSignerNames } from '../signature/signer-names.ts'
import { readChain } from './chain.ts'
import { checkNames, namesToSign } from './header-policy.ts'
import { maxInstance } from './results-field.ts'
import { type SetPlan, SetDraft } from './set-draft.ts'
import type { ArcChainStatus } from './verdict.ts'

export interface ArcSealOptions {
  /** The name of this server, as its Authentication-Results fields have it (RFC 8601 §2.2). */
  readonly authservId: string
  /**
   * What it found, as stands behind the name: `spf=pass smtp.mailfrom=…; dkim=pass header.d=…`. May
   * be folded. Of `gatherResults`, or of the program that made the checks.
   */
  readonly authenticationResults: string
  /** At least two labels; U-labels are written as A-labels. */
  readonly domain: string
  readonly selector: string
  /** PEM (PKCS#8 or PKCS#1) or a key object: RSA of 1,024 bits or more, or Ed25519. */
  readonly privateKey: string | KeyObject
  /**
   * What the verification of the message as it came in found; an `ArcVerdict` fits. Read at `finish`,
   * as are the results and the header: a chain is verified while the body passes.
   */
  readonly chain: { readonly result: ArcChainStatus }
  /** Unix seconds, for `t=`. */
  readonly now: number
  /** `h=` of the message signature, instead of the usual choice. */
  readonly signedFields?: readonly string[]
}

export interface ArcSealerOptions extends ArcSealOptions {
  /** The header as it is sent on, without the new set. */
  readonly header: { readonly fields: readonly HeaderField[] }
}

/** The new set, or why there is none. */
export type ArcSealing =
  | {
      readonly type: 'sealed'
      readonly instance: number
      readonly status: ArcChainStatus
      /**
       * ARC-Seal, ARC-Message-Signature, ARC-Authentication-Results: each with its folds and its
       * CRLF, to be put in front of the header in this order.
       */
      readonly fields: readonly [string, string, string]
    }
  | {
      readonly type: 'not-sealed'
      /**
       * `failed-before`: the newest seal says `cv=fail`, and "there is no need to proceed" (RFC 8617
       * §5.1). `malformed`: the structure of the chain is broken, so that no number is the next.
       * `full`: there are 50 sets already. `not-verified`: there is a chain, and `chain` says none.
       */
      readonly because: 'failed-before' | 'malformed' | 'full' | 'not-verified'
      /** One sentence for people. */
      readonly text: string
    }

/**
 * Seals while a message is handed on: make it when the header is complete, `push` the octets of the
 * body, cut anywhere, and `finish`. Seal last: "all message modifications (including adding a
 * DKIM-Signature header field(s)) MUST be performed before sealing" (RFC 8617 §5.1).
 *
 * A chain that failed is sealed as failed, once, and nothing is added to one whose newest seal says
 * so already, or whose structure is broken: whoever comes next sees that for himself.
 */
export class ArcSealer {
  readonly #options: ArcSealerOptions
  readonly #key: PrivateKey
  readonly #domain: string
  readonly #selector: string
  readonly #bodyHashes = new BodyHashes()
  readonly #bodyHash: GrowingHash
  #ended = false

  /**
   * @throws WaybillError `key-unusable` or `usage`: the key cannot sign, or a name or field name is
   * none
   */
  constructor(options: ArcSealerOptions) {
    this.#options = options
    this.#key = readPrivateKey(options.privateKey)
    const { domain, selector } = checkSignerNames(options, 'seal')
    // RFC 8601 §2.2, authserv-id; nobody needs one that must be quoted.
    if (!/^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+$/.test(options.authservId)) {
      throw new WaybillError('usage', `"${options.authservId}" is not the name of a server.`)
    }
    this.#domain = domain
    this.#selector = selector
    if (options.signedFields !== undefined) checkNames(options.signedFields)
    this.#bodyHash = this.#bodyHashes.add({ canonicalization: 'relaxed', hash: 'sha256' })
  }

  push(body: Uint8Array): void {
    if (this.#ended) throw new Error('ArcSealer: push after finish')
    this.#bodyHashes.push(body)
  }

  /** The set; the signing runs on the thread pool. */
  async finish(): Promise<ArcSealing> {
    const draft = this.#draft()
    if ('because' in draft) return draft
    const { algorithm, object } = this.#key
    const message = draft.signMessage(
      await signOctetsAsync(algorithm, draft.messageOctets(), object),
    )
    const octets = draft.sealOctets(message)
    return this.#sealed(draft, message, await signOctetsAsync(algorithm, octets, object))
  }

  /** The same at once, on this thread: about 1.2 ms with RSA of 2,048 bits. */
  finishSync(): ArcSealing {
    const draft = this.#draft()
    if ('because' in draft) return draft
    const { algorithm, object } = this.#key
    const message = draft.signMessage(signOctets(algorithm, draft.messageOctets(), object))
    const octets = draft.sealOctets(message)
    return this.#sealed(draft, message, signOctets(algorithm, octets, object))
  }

  #sealed(draft: SetDraft, message: string, signature: string): ArcSealing {
    const { instance, status } = draft.plan
    const fields = [draft.signSeal(signature), message, draft.results] as const
    return { type: 'sealed', instance, status, fields }
  }

  #draft(): SetDraft | (ArcSealing & { readonly type: 'not-sealed' }) {
    if (this.#ended) throw new Error('ArcSealer: finish after finish')
    this.#ended = true
    this.#bodyHashes.finish()
    const plan = planSet(this.#options)
    if ('because' in plan) return plan
    const { authservId, authenticationResults, header, signedFields } = this.#options
    const selection = new FieldSelection(header.fields)
    const names = signedFields === undefined ? namesToSign(selection) : checkNames(signedFields)
    return new SetDraft({
      plan,
      fields: selection.select(names),
      names,
      authservId,
      authenticationResults,
      bodyHash: this.#bodyHash.found.hash,
      algorithm: this.#key.algorithm,
      domain: this.#domain,
      selector: this.#selector,
      now: Math.floor(this.#options.now),
    })
  }
}

/**
 * Seals a message that is whole in memory.
 *
 * @param message header and body as they will be sent: lines end with CRLF
 */
export function sealArc(message: Uint8Array, options: ArcSealOptions): ArcSealing {
  const { header, body } = splitMessage(message)
  const sealer = new ArcSealer({ ...options, header })
  sealer.push(body)
  return sealer.finishSync()
}

function planSet(
  options: ArcSealerOptions,
): SetPlan | (ArcSealing & { readonly type: 'not-sealed' }) {
  const not = (because: (ArcSealing & { type: 'not-sealed' })['because'], text: string) =>
    ({ type: 'not-sealed', because, text }) as const
  const chain = readChain(options.header.fields)
  if (chain.type === 'none') return { instance: 1, status: 'none', covered: [] }
  if (chain.type === 'broken') {
    const { code, text } = chain.reason
    return not(code === 'failed-before' ? code : 'malformed', text)
  }
  const { result } = options.chain
  if (result === 'none') {
    return not('not-verified', 'The message has a chain that nobody verified.')
  }
  const { instance } = chain.newest
  if (instance >= maxInstance) {
    return not('full', `The message has ${maxInstance} ARC sets, and may have no more.`)
  }
  // RFC 8617 §5.1.2: a seal of a failed chain covers its own set alone, "as if this newest ARC Set was
  // the only set present".
  const covered = result === 'pass' ? chain.sets : []
  return { instance: instance + 1, status: result, covered }
}
