/** Verifies the ARC chain of a message in one pass over it (RFC 8617 §5.2). */

import type { Resolver } from '../dns/resolver.ts'
import type { HeaderField } from '../message/field.ts'
import { splitMessage } from '../message/header-reader.ts'
import { BodyHashes, type GrowingHash } from '../signature/body-hash.ts'
import { signedHeader } from '../signature/canonical-header.ts'
import { FieldSelection } from '../signature/field-selection.ts'
import { type KeyCache, sharedKeyCache } from '../signature/key-cache.ts'
import { KeyLookups, keyName } from '../signature/key-lookup.ts'
import {
  type ArcChain,
  type ArcSet,
  failure,
  readChain,
  showResults,
  unchecked,
  unusable,
} from './chain.ts'
import { type ArcRules, judge } from './judge.ts'
import { SealedOctets } from './sealed-octets.ts'
import type { ArcMessageSignature, ArcSignature } from './signature-field.ts'
import type { ArcFailure, ArcSignatureVerdict, ArcVerdict } from './verdict.ts'

/** The bounds of one verification, and the choices that the RFCs leave. */
export interface ArcLimits extends ArcRules {
  /**
   * Different body hashes computed for one message. The newest message signature always has its own;
   * older ones past the limit count as not verified, which bears on `oldestPass` only.
   */
  readonly maxBodyHashes: number
}

export const defaultArcLimits: ArcLimits = {
  maxBodyHashes: 4,
  minRsaBits: 1024,
  maxKeyRecords: 4,
  futureToleranceSeconds: 86_400,
}

export interface ArcOptions {
  readonly resolver: Resolver
  /** Unix seconds; decides about `x=` and `t=`. */
  readonly now: number
  readonly limits?: Partial<ArcLimits>
  /** Where parsed keys are remembered; one cache for the process when there is none. */
  readonly keys?: KeyCache
}

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

/** A message signature under way. */
interface Candidate {
  readonly signature: ArcMessageSignature
  readonly set: ArcSet
  readonly bodyHash: GrowingHash
}

/** The way through a chain whose structure is right. */
interface Way {
  readonly chain: ArcChain & { readonly type: 'sound' }
  readonly newest: Candidate
  /** Older message signatures that can be checked, the newest of them first. */
  readonly older: readonly Candidate[]
  /** The verdicts on the seals, the newest first. */
  readonly seals: Promise<readonly ArcSignatureVerdict[]>
}

/**
 * A verification that runs while the message arrives: make it when the header is there, `push` the
 * octets of the body, cut anywhere, and `finish`.
 *
 * A message without ARC fields costs one look at the names of its fields. In a chain the newest
 * seal and the newest message signature come first: the keys of older ones are asked for only when
 * that seal holds, so that nobody can have us ask for a hundred names that he made up (RFC 8617
 * §9.2). Memory does not grow with the body. Nothing in a message or a key record makes it throw; a
 * resolver that rejects does.
 */
export class ArcVerifier {
  readonly #options: ArcVerifierOptions
  readonly #limits: ArcLimits
  readonly #lookups: KeyLookups
  readonly #bodyHashes: BodyHashes | undefined
  readonly #chain: ArcChain
  readonly #way: Way | undefined
  #selection: FieldSelection | undefined
  #ended = false

  constructor(options: ArcVerifierOptions) {
    this.#options = options
    this.#limits = { ...defaultArcLimits, ...options.limits }
    this.#lookups = new KeyLookups(options.resolver)
    this.#chain = readChain(options.header.fields)
    if (this.#chain.type !== 'sound') return
    this.#bodyHashes = options.bodyHashes ?? new BodyHashes()
    this.#way = this.#begin(this.#chain, this.#bodyHashes)
  }

  /** Octets of the body, in their order. They are not kept. */
  push(body: Uint8Array): void {
    if (this.#ended) throw new Error('ArcVerifier: push after finish')
    if (this.#options.bodyHashes !== undefined) throw new Error('ArcVerifier: the body is shared')
    this.#bodyHashes?.push(body)
  }

  /** The message has ended: the verdict. */
  async finish(): Promise<ArcVerdict> {
    if (this.#ended) throw new Error('ArcVerifier: finish after finish')
    this.#ended = true
    if (this.#options.bodyHashes === undefined) this.#bodyHashes?.finish()
    const chain = this.#chain
    if (chain.type === 'none') return { result: 'none' }
    if (chain.type === 'broken') {
      const { reason, instances, sets } = chain
      return { result: 'fail', reason, instances, sets }
    }
    if (this.#way === undefined) throw new Error('ArcVerifier: a sound chain that was not begun')
    return await this.#conclude(this.#way)
  }

  #begin(chain: ArcChain & { readonly type: 'sound' }, bodyHashes: BodyHashes): Way {
    const { sets, newest, newestMessage } = chain
    const distinct = new Set<GrowingHash>()
    const begin = (set: ArcSet, signature: ArcMessageSignature): Candidate => {
      const { canonicalization, bodyLength } = signature
      const bodyHash = bodyHashes.add({
        canonicalization: canonicalization.body,
        hash: 'sha256',
        maxOctets: bodyLength,
      })
      distinct.add(bodyHash)
      return { signature, set, bodyHash }
    }
    const begun = begin(newest, newestMessage)
    const older: Candidate[] = []
    for (const set of sets.slice(0, -1).reverse()) {
      // RFC 8617 §5.2, step 5: behind the first one that does not validate none matters.
      if (!set.messageSignature.ok || distinct.size >= this.#limits.maxBodyHashes) break
      older.push(begin(set, set.messageSignature.value))
    }
    this.#ask(newestMessage)
    this.#ask(newest.seal)
    const seals = this.#judgeSeals(sets, older)
    // A resolver that rejects is broken; `finish` will hear of it. Until then the rejection must not
    // count as one that nobody looks at.
    seals.catch(() => {})
    return { chain, newest: begun, older, seals }
  }

  /** RFC 8617 §5.2, step 6: from the newest seal down, until one fails. */
  async #judgeSeals(
    sets: readonly ArcSet[],
    older: readonly Candidate[],
  ): Promise<readonly ArcSignatureVerdict[]> {
    const newestFirst = sets.toReversed()
    const verdicts: ArcSignatureVerdict[] = []
    let octets: SealedOctets | undefined
    for (const { seal, instance } of newestFirst) {
      const answer = await this.#answer(seal)
      octets ??= sealedOctets(sets)
      const sealed = octets
      const verdict = judge({
        signature: seal,
        octets: () => sealed.under(instance, seal.field, seal.omit),
        answer,
        ...this.#rules(),
      })
      verdicts.push(verdict)
      if (verdict.result !== 'pass') break
      if (verdicts.length > 1) continue
      // The newest sealer stands for all of the chain: now the rest, all at once.
      for (const set of newestFirst.slice(1)) this.#ask(set.seal)
      for (const { signature } of older) this.#ask(signature)
    }
    return verdicts
  }

  async #conclude(way: Way): Promise<ArcVerdict> {
    const { sets, newest } = way.chain
    const messages = [await this.#judgeMessage(way.newest)]
    const seals = await way.seals
    const instances = sets.length
    // RFC 8617 §5.2: the newest message signature (step 4), then the seals (step 6).
    const messageFailure = failureOf(messages[0], instances, 'ARC-Message-Signature')
    const sealFailure = failureOf(seals.at(-1), instances - seals.length + 1, 'ARC-Seal')
    const reason = messageFailure ?? sealFailure
    if (reason === undefined) {
      for (const candidate of way.older) {
        const verdict = await this.#judgeMessage(candidate)
        messages.push(verdict)
        if (verdict.result !== 'pass') break
      }
    }
    const shown = sets.map((set, i) => ({
      instance: set.instance,
      status: set.status,
      seal: seals[instances - 1 - i] ?? unchecked(set.seal),
      messageSignature: messages[instances - 1 - i] ?? notJudged(set),
      results: showResults(set.results),
    }))
    if (reason !== undefined) return { result: 'fail', reason, instances, sets: shown }
    const passed = messages.filter(({ result }) => result === 'pass').length
    const sealers = sets.map(({ seal }) => seal.domain).reverse()
    const oldestPass = passed === instances ? 0 : newest.instance - passed + 1
    return { result: 'pass', instances, oldestPass, sealers, sets: shown }
  }

  async #judgeMessage({ signature, set, bodyHash }: Candidate): Promise<ArcSignatureVerdict> {
    const answer = await this.#answer(signature)
    this.#selection ??= new FieldSelection(this.#options.header.fields)
    const selection = this.#selection
    return judge({
      signature,
      octets: () =>
        signedHeader({
          fields: selection.select(signature.signedFields, set.messagePosition),
          signature: signature.field,
          omit: signature.omit,
          canonicalization: signature.canonicalization.header,
        }),
      body: { signature, found: bodyHash.found },
      answer,
      ...this.#rules(),
    })
  }

  #rules(): { readonly keys: KeyCache; readonly now: number; readonly rules: ArcRules } {
    const { keys = sharedKeyCache, now } = this.#options
    return { keys, now, rules: this.#limits }
  }

  #ask({ selector, domain }: ArcSignature): void {
    this.#lookups.start(keyName(selector, domain))
  }

  #answer({ selector, domain }: ArcSignature): ReturnType<KeyLookups['answer']> {
    return this.#lookups.answer(keyName(selector, domain))
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

/** The whole chain, ready to have the octets under each seal taken from it. */
export function sealedOctets(sets: readonly ArcSet[]): SealedOctets {
  const octets = new SealedOctets()
  for (const { resultsField, messageField, seal } of sets) {
    octets.addSet(resultsField, messageField)
    octets.addSeal(seal.field)
  }
  return octets
}

function failureOf(
  verdict: ArcSignatureVerdict | undefined,
  instance: number,
  field: 'ARC-Message-Signature' | 'ARC-Seal',
): ArcFailure | undefined {
  return verdict?.result === 'fail' ? failure(verdict.reason, instance, field) : undefined
}

function notJudged({ messageSignature }: ArcSet): ArcSignatureVerdict {
  return messageSignature.ok
    ? unchecked(messageSignature.value)
    : unusable(messageSignature.problem)
}
