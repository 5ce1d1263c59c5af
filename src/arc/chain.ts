/** Puts the ARC fields of a header together to sets, and the sets to a chain (RFC 8617 §4.2, §5.2). */

import { type Result, bad, ok } from '../base/result.ts'
import { type HeaderField, rawValue } from '../message/field.ts'
import { type TagList, describeTagListProblem, parseTagList } from '../signature/tag-list.ts'
import { type ArcResults, maxInstance, parseInstance, readArcResults } from './results-field.ts'
import {
  type ArcMessageSignature,
  type ArcSignature,
  type UnusableField,
  readMessageSignature,
  readSeal,
} from './signature-field.ts'
import { showResults, showSignature } from './shown-field.ts'
import {
  type ArcChainStatus,
  type ArcFailure,
  type ArcFieldName,
  type ArcReason,
  type ArcSetVerdict,
} from './verdict.ts'

/** One whole set of a chain whose structure is right. */
export interface ArcSet {
  readonly instance: number
  readonly status: ArcChainStatus
  readonly seal: ArcSignature
  /** An older message signature may be unusable without harm to the chain. */
  readonly messageSignature: Result<ArcMessageSignature, UnusableField>
  readonly messageField: HeaderField
  /** Where `messageField` stands in the header. */
  readonly messagePosition: number
  readonly resultsField: HeaderField
  readonly results: ArcResults
}

/** What the ARC fields of a message come to before any signature is looked at. */
export type ArcChain =
  | { readonly type: 'none' }
  | {
      readonly type: 'broken'
      readonly reason: ArcFailure
      readonly instances: number
      readonly sets: readonly ArcSetVerdict[]
    }
  | SoundChain

/** A chain whose structure is right. */
export interface SoundChain {
  readonly type: 'sound'
  /** The oldest first: instance 1 at index 0. */
  readonly sets: readonly ArcSet[]
  readonly newest: ArcSet
  readonly newestMessage: ArcMessageSignature
}

const sealName = 'ARC-Seal'
const messageName = 'ARC-Message-Signature'
const resultsName = 'ARC-Authentication-Results'

/** A field whose instance could be read. */
interface Read {
  readonly instance: number
  readonly field: HeaderField
  readonly position: number
}
interface ReadSeal extends Read {
  /** `null` when `cv=` is not there or says something else. */
  readonly status: ArcChainStatus | null
  readonly seal: Result<ArcSignature, UnusableField>
}
interface ReadMessage extends Read {
  readonly message: Result<ArcMessageSignature, UnusableField>
}
interface ReadResults extends Read {
  readonly results: ArcResults
}

/** All fields of one instance, however many. */
interface Draft {
  readonly instance: number
  readonly seals: ReadSeal[]
  readonly messages: ReadMessage[]
  readonly results: ReadResults[]
}

/** Reads the chain out of a header, its fields top down. Steps 1 to 3 of RFC 8617 §5.2. */
export function readChain(fields: readonly HeaderField[]): ArcChain {
  const positions: Record<string, number[]> = {}
  for (let i = 0; i < fields.length; i++) {
    const name = fields[i]?.name ?? ''
    // Most messages have no chain: this is all that they cost.
    if (name.startsWith('arc-')) (positions[name] ??= []).push(i)
  }
  const seals = positions[sealName.toLowerCase()] ?? []
  const messages = positions[messageName.toLowerCase()] ?? []
  const results = positions[resultsName.toLowerCase()] ?? []
  const most = Math.max(seals.length, messages.length, results.length)
  if (most === 0) return { type: 'none' }
  if (most > maxInstance) {
    const text = `There are ${most} ARC sets, and a message may have ${maxInstance}.`
    const reason = failure({ code: 'too-many-sets', text }, null, null)
    return { type: 'broken', reason, instances: 0, sets: [] }
  }
  const reader = new ChainReader(fields)
  for (const position of seals) reader.seal(position)
  for (const position of messages) reader.message(position)
  for (const position of results) reader.results(position)
  return reader.chain()
}

class ChainReader {
  readonly #fields: readonly HeaderField[]
  readonly #drafts = new Map<number, Draft>()
  /** The first field whose instance cannot be read. */
  #unreadable: ArcFailure | undefined

  constructor(fields: readonly HeaderField[]) {
    this.#fields = fields
  }

  seal(position: number): void {
    const tagged = this.#tagged(position, sealName)
    if (tagged === undefined) return
    const { tags, ...read } = tagged
    const status = parseStatus(tags.get('cv')?.value)
    this.#draft(read.instance).seals.push({ ...read, status, seal: readSeal(read.field, tags) })
  }

  message(position: number): void {
    const tagged = this.#tagged(position, messageName)
    if (tagged === undefined) return
    const { tags, ...read } = tagged
    const message = readMessageSignature(read.field, tags)
    this.#draft(read.instance).messages.push({ ...read, message })
  }

  results(position: number): void {
    const field = this.#fields[position]
    const results = field === undefined ? undefined : readArcResults(field)
    if (field === undefined || results === undefined) {
      const text = `${resultsName} does not begin with i= and a number from 1 to ${maxInstance}.`
      this.#unreadable ??= failure({ code: 'instance-unreadable', text }, null, resultsName)
      return
    }
    const { instance } = results
    this.#draft(instance).results.push({ instance, field, position, results })
  }

  chain(): ArcChain {
    const instances = Math.max(0, ...this.#drafts.keys())
    const drafts = Array.from({ length: instances }, (_, i) => this.#draft(i + 1))
    const broken = (reason: ArcFailure): ArcChain => ({
      type: 'broken',
      reason,
      instances,
      sets: drafts.filter(isThere).map(showDraft),
    })
    // RFC 8617 §5.2, step 2: before everything else about the structure.
    if (drafts.at(-1)?.seals[0]?.status === 'fail') {
      const text = `The newest seal (i=${instances}) says that the chain had failed already (cv=fail).`
      return broken(failure({ code: 'failed-before', text, tag: 'cv' }, instances, sealName))
    }
    if (this.#unreadable !== undefined) return broken(this.#unreadable)
    const sets: ArcSet[] = []
    for (const draft of drafts) {
      const set = wholeSet(draft)
      if (!set.ok) return broken(set.problem)
      sets.push(set.value)
    }
    const newest = sets.at(-1)
    if (newest === undefined)
      throw new Error('ChainReader: fields without an instance or a failure')
    const { messageSignature } = newest
    if (!messageSignature.ok) {
      return broken(failure(messageSignature.problem.reason, instances, messageName))
    }
    return { type: 'sound', sets, newest, newestMessage: messageSignature.value }
  }

  #draft(instance: number): Draft {
    const known = this.#drafts.get(instance)
    if (known !== undefined) return known
    const draft: Draft = { instance, seals: [], messages: [], results: [] }
    this.#drafts.set(instance, draft)
    return draft
  }

  #tagged(position: number, name: ArcFieldName): (Read & { readonly tags: TagList }) | undefined {
    const field = this.#fields[position]
    if (field === undefined) return undefined
    const list = parseTagList(rawValue(field))
    if (!list.ok) {
      const code = list.problem.type === 'duplicate' ? 'tag-duplicate' : 'field-syntax'
      const text = `${name} cannot be read: ${describeTagListProblem(list.problem)}.`
      this.#unreadable ??= failure({ code, text }, null, name)
      return undefined
    }
    const instance = parseInstance(list.value.get('i')?.value ?? '')
    if (instance === undefined) {
      const text = `${name} has no i= with a number from 1 to ${maxInstance}.`
      const reason = { code: 'instance-unreadable', text, tag: 'i' } as const
      this.#unreadable ??= failure(reason, null, name)
      return undefined
    }
    return { instance, field, position, tags: list.value }
  }
}

/** RFC 8617 §4.1.3 `chain-status`: literals in ABNF mean any case. */
function parseStatus(value: string | undefined): ArcChainStatus | null {
  const status = value?.toLowerCase()
  return status === 'none' || status === 'pass' || status === 'fail' ? status : null
}

/** RFC 8617 §5.2, step 3, for one instance; and what makes its seal worthless from the start. */
function wholeSet(draft: Draft): Result<ArcSet, ArcFailure> {
  const { instance } = draft
  const seal = only(draft.seals, instance, sealName)
  if (!seal.ok) return seal
  const message = only(draft.messages, instance, messageName)
  if (!message.ok) return message
  const results = only(draft.results, instance, resultsName)
  if (!results.ok) return results
  const { status, seal: read } = seal.value
  const expected = instance === 1 ? 'none' : 'pass'
  if (status !== expected) {
    const said = status === null ? 'has no cv= that means anything' : `says cv=${status}`
    const text = `The seal i=${instance} ${said}, where only cv=${expected} can stand.`
    return bad(failure({ code: 'status-invalid', text, tag: 'cv' }, instance, sealName))
  }
  if (!read.ok) return bad(failure(read.problem.reason, instance, sealName))
  return ok({
    instance,
    status,
    seal: read.value,
    messageSignature: message.value.message,
    messageField: message.value.field,
    messagePosition: message.value.position,
    resultsField: results.value.field,
    results: results.value.results,
  })
}

function only<T>(found: readonly T[], instance: number, name: ArcFieldName): Result<T, ArcFailure> {
  const [first, ...more] = found
  if (first === undefined) {
    const text = `The set i=${instance} has no ${name}.`
    return bad(failure({ code: 'field-missing', text }, instance, name))
  }
  if (more.length > 0) {
    const text = `The set i=${instance} has ${found.length} fields ${name}, where one belongs.`
    return bad(failure({ code: 'field-repeated', text }, instance, name))
  }
  return ok(first)
}

/** A reason with the place it belongs to. */
export function failure(
  reason: ArcReason,
  instance: number | null,
  field: ArcFieldName | null,
): ArcFailure {
  return { ...reason, instance, field, temporary: reason.code === 'key-unavailable' }
}

function isThere({ seals, messages, results }: Draft): boolean {
  return seals.length + messages.length + results.length > 0
}

function showDraft({ instance, seals, messages, results }: Draft): ArcSetVerdict {
  return {
    instance,
    status: seals[0]?.status ?? null,
    seal: showSignature(seals[0]?.seal),
    messageSignature: showSignature(messages[0]?.message),
    results: results[0] === undefined ? null : showResults(results[0].results),
  }
}
