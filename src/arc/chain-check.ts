/** Checks the signatures of a chain whose structure is right (RFC 8617 §5.2, steps 4 to 7). */

import type { Resolver } from '../dns/resolver.ts'
import type { HeaderField } from '../message/field.ts'
import type { BodyHashes, GrowingHash } from '../signature/body-hash.ts'
import { mostSigned, signedHeader } from '../signature/canonical-header.ts'
import { FieldSelection } from '../signature/field-selection.ts'
import { type KeyCache, sharedKeyCache } from '../signature/key-cache.ts'
import { KeyLookups, keyName } from '../signature/key-lookup.ts'
import { type SignatureRules, defaultSignatureRules } from '../signature/rules.ts'
import { SignedWork } from '../signature/signed-work.ts'
import { type ArcSet, type SoundChain, failure } from './chain.ts'
import { showResults, unchecked, unusable } from './shown-field.ts'
import { judge } from './judge.ts'
import { type SealedOctets, sealedOctets } from './sealed-octets.ts'
import type { ArcMessageSignature, ArcSignature } from './signature-field.ts'
import type { ArcFailure, ArcFieldName, ArcSignatureVerdict, ArcVerdict } from './verdict.ts'

/** The bounds of one verification, and the choices that the RFCs leave. */
export interface ArcLimits extends SignatureRules {
  /**
   * Different body hashes computed for one message. The newest message signature always has its own;
   * older ones past the limit count as not verified, which bears on `oldestPass` only.
   */
  readonly maxBodyHashes: number
}

export const defaultArcLimits: ArcLimits = {
  maxBodyHashes: 4,
  ...defaultSignatureRules,
}

export interface ArcOptions {
  readonly resolver: Resolver
  /** Unix seconds; decides about `x=` and `t=`. */
  readonly now: number
  readonly limits?: Partial<ArcLimits>
  /** Where parsed keys are remembered; one cache for the process when there is none. */
  readonly keys?: KeyCache
}

/** A message signature under way. */
interface Candidate {
  readonly signature: ArcMessageSignature
  readonly set: ArcSet
  readonly bodyHash: GrowingHash
}

/**
 * The signatures of one chain. The newest seal and the newest message signature come first: the keys
 * of older ones are asked for only when that seal holds, so that nobody can have us ask for a hundred
 * names that he made up (RFC 8617 §9.2).
 */
export class ChainCheck {
  readonly #chain: SoundChain
  readonly #fields: readonly HeaderField[]
  readonly #limits: ArcLimits
  readonly #keys: KeyCache
  readonly #now: number
  readonly #lookups: KeyLookups
  readonly #newest: Candidate
  /** Older message signatures that can be checked, the newest of them first. */
  readonly #older: readonly Candidate[]
  /** The verdicts on the seals, the newest first. */
  readonly #seals: Promise<readonly ArcSignatureVerdict[]>
  /** Seals and message signatures are checked side by side, so each kind has its own count. */
  readonly #sealWork: SignedWork
  readonly #messageWork: SignedWork
  #selection: FieldSelection | undefined

  /** Asks for body hashes and for the first keys. */
  constructor(
    chain: SoundChain,
    input: {
      readonly fields: readonly HeaderField[]
      readonly options: ArcOptions
      readonly bodyHashes: BodyHashes
    },
  ) {
    const { resolver, now, limits, keys } = input.options
    this.#chain = chain
    this.#fields = input.fields
    this.#limits = { ...defaultArcLimits, ...limits }
    this.#keys = keys ?? sharedKeyCache
    this.#now = now
    this.#lookups = new KeyLookups(resolver)
    this.#sealWork = new SignedWork(this.#limits.maxSignedOctets)
    this.#messageWork = new SignedWork(this.#limits.maxSignedOctets / 2)
    const { newest, newestMessage } = chain
    this.#newest = begin(newest, newestMessage, input.bodyHashes)
    this.#older = this.#beginOlder(input.bodyHashes)
    this.#ask(newestMessage)
    this.#ask(newest.seal)
    this.#seals = this.#judgeSeals()
    // A resolver that rejects is broken; `conclude` will hear of it. Until then the rejection must
    // not count as one that nobody looks at.
    this.#seals.catch(() => {})
  }

  /** The body has ended: the verdict. */
  async conclude(): Promise<ArcVerdict> {
    const { sets } = this.#chain
    const messages = [await this.#judgeMessage(this.#newest)]
    const seals = await this.#seals
    const instances = sets.length
    // RFC 8617 §5.2: the newest message signature (step 4), then the seals (step 6).
    const reason =
      failureOf(messages[0], instances, 'ARC-Message-Signature') ??
      failureOf(seals.at(-1), instances - seals.length + 1, 'ARC-Seal')
    if (reason === undefined) {
      for (const candidate of this.#older) {
        const verdict = await this.#judgeMessage(candidate)
        messages.push(verdict)
        // Step 5: behind the first one that does not validate none matters.
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
    const oldestPass = passed === instances ? 0 : instances - passed + 1
    const sealers = sets.map(({ seal }) => seal.domain).reverse()
    return { result: 'pass', instances, oldestPass, sealers, sets: shown }
  }

  #beginOlder(bodyHashes: BodyHashes): readonly Candidate[] {
    const older: Candidate[] = []
    const distinct = new Set([this.#newest.bodyHash])
    for (const set of this.#chain.sets.slice(0, -1).reverse()) {
      if (!set.messageSignature.ok || distinct.size >= this.#limits.maxBodyHashes) break
      const candidate = begin(set, set.messageSignature.value, bodyHashes)
      distinct.add(candidate.bodyHash)
      older.push(candidate)
    }
    return older
  }

  /** RFC 8617 §5.2, step 6: from the newest seal down, until one fails. */
  async #judgeSeals(): Promise<readonly ArcSignatureVerdict[]> {
    const newestFirst = this.#chain.sets.toReversed()
    const verdicts: ArcSignatureVerdict[] = []
    let octets: SealedOctets | undefined
    for (const { seal, instance } of newestFirst) {
      const answer = await this.#answer(seal)
      let own: Uint8Array | undefined
      const made = (): Uint8Array => {
        octets ??= sealedOctets(this.#chain.sets)
        return (own ??= octets.under(instance, seal.field, seal.omit))
      }
      const verdict = judge({
        signature: seal,
        size: () => made().length,
        octets: made,
        work: this.#sealWork,
        answer,
        ...this.#terms(),
      })
      verdicts.push(verdict)
      if (verdict.result !== 'pass') break
      if (verdicts.length > 1) continue
      // The newest sealer stands for all of the chain: now the rest, all at once.
      for (const set of newestFirst.slice(1)) this.#ask(set.seal)
      for (const { signature } of this.#older) this.#ask(signature)
    }
    return verdicts
  }

  async #judgeMessage({ signature, set, bodyHash }: Candidate): Promise<ArcSignatureVerdict> {
    const answer = await this.#answer(signature)
    const fields = (): readonly (HeaderField | undefined)[] => {
      this.#selection ??= new FieldSelection(this.#fields)
      return this.#selection.select(signature.signedFields, set.messagePosition)
    }
    return judge({
      signature,
      size: () => mostSigned({ fields: fields(), signature: signature.field }),
      octets: () => {
        return signedHeader({
          fields: fields(),
          signature: signature.field,
          omit: signature.omit,
          canonicalization: signature.canonicalization.header,
        })
      },
      body: { signature, found: bodyHash.found },
      answer,
      work: this.#messageWork,
      ...this.#terms(),
    })
  }

  #terms(): { readonly keys: KeyCache; readonly now: number; readonly rules: SignatureRules } {
    return { keys: this.#keys, now: this.#now, rules: this.#limits }
  }

  #ask({ selector, domain }: ArcSignature): void {
    this.#lookups.start(keyName(selector, domain))
  }

  #answer({ selector, domain }: ArcSignature): ReturnType<KeyLookups['answer']> {
    return this.#lookups.answer(keyName(selector, domain))
  }
}

function begin(set: ArcSet, signature: ArcMessageSignature, bodyHashes: BodyHashes): Candidate {
  const { canonicalization, bodyLength } = signature
  const request = { canonicalization: canonicalization.body, maxOctets: bodyLength } as const
  return { signature, set, bodyHash: bodyHashes.add({ ...request, hash: 'sha256' }) }
}

function failureOf(
  verdict: ArcSignatureVerdict | undefined,
  instance: number,
  field: ArcFieldName,
): ArcFailure | undefined {
  return verdict?.result === 'fail' ? failure(verdict.reason, instance, field) : undefined
}

function notJudged({ messageSignature }: ArcSet): ArcSignatureVerdict {
  return messageSignature.ok
    ? unchecked(messageSignature.value)
    : unusable(messageSignature.problem)
}
