/** Adds an ARC Set to a message that is handed on (RFC 8617 §5.1). */

import type { KeyObject } from 'node:crypto'

import { parseDomain } from '../address/domain.ts'
import { WaybillError } from '../base/error.ts'
import { encodeUtf8 } from '../base/utf8.ts'
import type { HeaderField } from '../message/field.ts'
import { formatField } from '../message/fold.ts'
import { splitMessage } from '../message/header-reader.ts'
import { BodyHashes, type GrowingHash } from '../signature/body-hash.ts'
import { signedHeader } from '../signature/canonical-header.ts'
import { FieldSelection } from '../signature/field-selection.ts'
import { type TagText, writeTags } from '../signature/field-writer.ts'
import { type PrivateKey, readPrivateKey } from '../signature/private-key.ts'
import { signOctets, signOctetsAsync } from '../signature/signature-crypto.ts'
import { type ArcSet, readChain } from './chain.ts'
import { checkNames, namesToSign } from './header-policy.ts'
import { maxInstance } from './results-field.ts'
import { SealedOctets } from './sealed-octets.ts'
import type { ArcChainStatus } from './verdict.ts'
import { sealedOctets } from './verifier.ts'

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
  /** What the verification of the message as it came in found; an `ArcVerdict` fits. */
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

/** What the new set builds on. */
interface Plan {
  readonly instance: number
  readonly status: ArcChainStatus
  /** The sets that the new seal covers beside its own. */
  readonly covered: readonly ArcSet[]
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
  readonly #plan: Plan | (ArcSealing & { readonly type: 'not-sealed' })
  readonly #names: readonly string[]
  readonly #bodyHashes = new BodyHashes()
  readonly #bodyHash: GrowingHash | undefined
  #ended = false

  /**
   * @throws WaybillError `key-unusable` or `usage`: the key cannot sign, or a name or field name is
   * none
   */
  constructor(options: ArcSealerOptions) {
    this.#options = options
    this.#key = readPrivateKey(options.privateKey)
    const domain = parseDomain(options.domain)
    // RFC 6376 §3.5, d=: a domain name has two labels at least; verifiers would refuse one.
    if (domain === undefined || !domain.includes('.')) {
      throw new WaybillError('usage', `"${options.domain}" is not a domain that can seal.`)
    }
    const selector = parseDomain(options.selector)
    if (selector === undefined) {
      throw new WaybillError('usage', `"${options.selector}" is not a selector.`)
    }
    // RFC 8601 §2.2, authserv-id; nobody needs one that must be quoted.
    if (!/^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+$/.test(options.authservId)) {
      throw new WaybillError('usage', `"${options.authservId}" is not the name of a server.`)
    }
    this.#domain = domain
    this.#selector = selector
    this.#names =
      options.signedFields === undefined
        ? namesToSign(new FieldSelection(options.header.fields))
        : checkNames(options.signedFields)
    this.#plan = planSet(options)
    if ('because' in this.#plan) return
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
    return draft.sealed(message, await signOctetsAsync(algorithm, octets, object))
  }

  /** The same at once, on this thread: about 1.2 ms with RSA of 2,048 bits. */
  finishSync(): ArcSealing {
    const draft = this.#draft()
    if ('because' in draft) return draft
    const { algorithm, object } = this.#key
    const message = draft.signMessage(signOctets(algorithm, draft.messageOctets(), object))
    const octets = draft.sealOctets(message)
    return draft.sealed(message, signOctets(algorithm, octets, object))
  }

  #draft(): SetDraft | (ArcSealing & { readonly type: 'not-sealed' }) {
    if (this.#ended) throw new Error('ArcSealer: finish after finish')
    this.#ended = true
    this.#bodyHashes.finish()
    const plan = this.#plan
    if ('because' in plan || this.#bodyHash === undefined) {
      if ('because' in plan) return plan
      throw new Error('ArcSealer: a set without a body hash')
    }
    const { authservId, authenticationResults, header } = this.#options
    return new SetDraft({
      plan,
      fields: new FieldSelection(header.fields).select(this.#names),
      names: this.#names,
      results: formatResults(plan.instance, authservId, authenticationResults),
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

function planSet(options: ArcSealerOptions): Plan | (ArcSealing & { readonly type: 'not-sealed' }) {
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

/** RFC 8617 §4.1.1: `i=1; authserv-id; statements`, each statement on a line of its own. */
function formatResults(instance: number, authservId: string, statements: string): string {
  const said = splitStatements(statements)
  const [first, ...more] = said.length === 0 ? ['none'] : said
  const pieces = [`i=${instance}; ${authservId}; ${first}`, ...more]
  const last = pieces.length - 1
  return formatField(
    'ARC-Authentication-Results',
    pieces.map((piece, i) => (i < last ? `${piece};` : piece)),
  )
}

/** Parts statements where a semicolon stands outside of quotes and comments. */
function splitStatements(text: string): readonly string[] {
  const parts: string[] = []
  let quoted = false
  let depth = 0
  let start = 0
  for (let at = 0; at <= text.length; at++) {
    const character = text[at]
    if (character === '\\' && (quoted || depth > 0)) at++
    else if (quoted) quoted = character !== '"'
    else if (character === '"' && depth === 0) quoted = true
    else if (character === '(') depth++
    else if (character === ')' && depth > 0) depth--
    else if (depth === 0 && character === ';') {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  parts.push(text.slice(start))
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

/** RFC 5322 §2.1.1 allows 998 octets in a line; longer values are parted. */
const maxUnparted = 900

/**
 * A set in the making. Tags stand in alphabetical order with one space between them, and a value is
 * folded only when it would not fit in a line: the form in which the public test-suite compares.
 */
class SetDraft {
  readonly #input: SetInput

  constructor(input: SetInput) {
    this.#input = input
  }

  messageOctets(): Uint8Array {
    return signedHeader({
      fields: this.#input.fields,
      signature: asField(this.signMessage('')),
      omit: { start: 0, end: 0 },
      canonicalization: 'relaxed',
    })
  }

  /** The message signature with a value for `b=`. */
  signMessage(base64: string): string {
    const { algorithm, bodyHash, domain, names, plan, selector, now } = this.#input
    return writeField('ARC-Message-Signature', [
      { name: 'a', value: algorithm },
      { name: 'b', value: parted(base64, base64.match(/.{1,70}/g) ?? ['']) },
      { name: 'bh', value: bodyHash },
      { name: 'c', value: 'relaxed/relaxed' },
      { name: 'd', value: domain },
      { name: 'h', value: partedNames(names) },
      { name: 'i', value: String(plan.instance) },
      { name: 's', value: selector },
      { name: 't', value: String(now) },
    ])
  }

  sealOctets(message: string): Uint8Array {
    const { plan, results } = this.#input
    const octets = plan.covered.length === 0 ? new SealedOctets() : sealedOctets(plan.covered)
    octets.addSet(asField(results), asField(message))
    return octets.under(plan.covered.length + 1, asField(this.#seal('')), { start: 0, end: 0 })
  }

  sealed(message: string, base64: string): ArcSealing {
    const { plan, results } = this.#input
    const { instance, status } = plan
    return { type: 'sealed', instance, status, fields: [this.#seal(base64), message, results] }
  }

  #seal(base64: string): string {
    const { algorithm, domain, plan, selector, now } = this.#input
    return writeField('ARC-Seal', [
      { name: 'a', value: algorithm },
      { name: 'b', value: parted(base64, base64.match(/.{1,70}/g) ?? ['']) },
      { name: 'cv', value: plan.status },
      { name: 'd', value: domain },
      { name: 'i', value: String(plan.instance) },
      { name: 's', value: selector },
      { name: 't', value: String(now) },
    ])
  }
}

interface SetInput {
  readonly plan: Plan
  readonly fields: readonly (HeaderField | undefined)[]
  readonly names: readonly string[]
  readonly results: string
  readonly bodyHash: string
  readonly algorithm: string
  readonly domain: string
  readonly selector: string
  readonly now: number
}

function writeField(name: string, tags: readonly TagText[]): string {
  return `${writeTags(name, tags)}\r\n`
}

function parted(whole: string, parts: readonly string[]): TagText['value'] {
  return whole.length <= maxUnparted ? whole : parts
}

function partedNames(names: readonly string[]): TagText['value'] {
  const last = names.length - 1
  return parted(
    names.join(':'),
    names.map((name, i) => (i < last ? `${name}:` : name)),
  )
}

function asField(text: string): HeaderField {
  const colon = text.indexOf(':')
  return { name: text.slice(0, colon).toLowerCase(), raw: encodeUtf8(text), valueAt: colon + 1 }
}
