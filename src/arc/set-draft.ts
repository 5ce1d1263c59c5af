/** Writes a new ARC Set, and gives the octets that are to be signed (RFC 8617 §5.1). */

import { type HeaderField, formatField } from '../message/field.ts'
import { signedHeader } from '../signature/canonical-header.ts'
import { type TagText, asField, writeTags } from '../signature/field-writer.ts'
import type { ArcSet } from './chain.ts'
import { sealedOctets } from './sealed-octets.ts'
import type { ArcChainStatus } from './verdict.ts'

/** What the new set builds on. */
export interface SetPlan {
  readonly instance: number
  readonly status: ArcChainStatus
  /** The sets that the new seal covers beside its own. */
  readonly covered: readonly ArcSet[]
}

/** What the new set says. */
export interface SetInput {
  readonly plan: SetPlan
  readonly fields: readonly (HeaderField | undefined)[]
  readonly names: readonly string[]
  readonly authservId: string
  readonly authenticationResults: string
  readonly bodyHash: string
  readonly algorithm: string
  readonly domain: string
  readonly selector: string
  readonly now: number
}

/** RFC 5322 §2.1.1 allows 998 octets in a line; longer values are parted. */
const maxUnparted = 900

/**
 * A set in the making. Tags stand in alphabetical order with one space between them, and a value is
 * folded only when it would not fit in a line: the form in which the public test-suite compares.
 */
export class SetDraft {
  readonly #input: SetInput
  /** The ARC-Authentication-Results field. */
  readonly results: string

  constructor(input: SetInput) {
    this.#input = input
    this.results = formatResults(input)
  }

  get plan(): SetPlan {
    return this.#input.plan
  }

  /** What the message signature is over. */
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

  /** What the seal is over, once the message is signed. */
  sealOctets(message: string): Uint8Array {
    const { plan } = this.#input
    const octets = sealedOctets(plan.covered)
    octets.addSet(asField(this.results), asField(message))
    return octets.under(plan.covered.length + 1, asField(this.signSeal('')), { start: 0, end: 0 })
  }

  /** The seal with a value for `b=`. */
  signSeal(base64: string): string {
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

/** RFC 8617 §4.1.1: `i=1; authserv-id; statements`, each statement on a line of its own. */
function formatResults({ plan, authservId, authenticationResults }: SetInput): string {
  const said = splitStatements(authenticationResults)
  const [first, ...more] = said.length === 0 ? ['none'] : said
  const pieces = [`i=${plan.instance}; ${authservId}; ${first}`, ...more]
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
