import { decodeBase64, encodeBase64 } from '../base/base64.ts'
import { WaybillError } from '../base/error.ts'
import { isId } from '../base/id.ts'
import { isTooDeep } from '../base/json-depth.ts'

/*
 * A bundle is gzip over lines of JSON. The first says what it is, the last how much it was, so that a
 * bundle that was cut is seen. What a journey needs stands before it: DNS answers, each once, and its
 * letter, in pieces.
 */

/** What this version writes and reads. */
const format = 'waybill.bundle/1'

/** The first line. */
export interface BundleHead {
  readonly line: 'bundle'
  readonly format: typeof format
  /** The version of the program. */
  readonly made_by: string
  readonly made_at: string
  /** Addresses are hashed, and subjects and letters are not in it. */
  readonly redacted: boolean
}

/** Something that journeys refer to by hash. */
export interface FactLine {
  readonly line: 'fact'
  readonly hash: string
  readonly json: string
}

/** A letter begins: our own fields before it, what of it is left out when it is shown, its length. */
export interface MessageLine {
  readonly line: 'message'
  readonly id: string
  readonly size: number
  /** Base64. */
  readonly prefix: string
  readonly omit: readonly (readonly [number, number])[]
}

/** Some of its octets as they came in, base64; its hash behind the last. */
export type OctetsLine =
  | { readonly line: 'octets'; readonly octets: string }
  | { readonly line: 'whole'; readonly sha256: string }

/** A journey as the store has it. */
export interface JourneyLine {
  readonly line: 'journey'
  readonly id: string
  readonly status: string
  readonly summary: string
  readonly record: string
  readonly appended: readonly string[]
  /** A letter that stands before it. */
  readonly message: string | null
}

/** The last line. */
export interface EndLine {
  readonly line: 'end'
  readonly journeys: number
}

export type BundleLine = BundleHead | FactLine | MessageLine | OctetsLine | JourneyLine | EndLine

/** The first line of a bundle. */
export function bundleHead(made: Omit<BundleHead, 'line' | 'format'>): BundleHead {
  return { line: 'bundle', format, ...made }
}

/** A piece of a letter as a line. */
export function octetsLine(octets: Uint8Array): OctetsLine {
  return { line: 'octets', octets: encodeBase64(octets) }
}

/** The octets of a line. @throws WaybillError `usage` */
export function octetsIn(base64: string): Uint8Array {
  const octets = decodeBase64(base64)
  if (octets === undefined) throw badBundle('octets that are not base64')
  return octets
}

/** What is thrown for a bundle that cannot be used. */
export function badBundle(what: string): WaybillError {
  return new WaybillError('usage', `This is no bundle that can be used: it has ${what}.`, {
    hint: 'waybill export makes bundles; docs/bundle.md tells what is in one.',
  })
}

/** How long texts may be. A record of a thousand recipients has some hundred thousand characters. */
const most = { json: 8 << 20, fact: 1 << 20, short: 4000, steps: 10_000, size: 1 << 30 } as const

type Json = Readonly<Record<string, unknown>>

/** Reads a line of a bundle. @throws WaybillError `usage` */
export function readBundleLine(text: string): BundleLine {
  const json = parsed(text)
  switch (json['line']) {
    case 'bundle':
      return readHead(json)
    case 'fact': {
      const { hash, json: fact } = json
      if (!isText(hash, 64) || !isText(fact, most.fact)) throw badBundle('a fact that is none')
      return { line: 'fact', hash, json: fact }
    }
    case 'message':
      return readMessage(json)
    case 'octets': {
      const { octets } = json
      if (!isText(octets, most.json)) throw badBundle('octets that are none')
      return { line: 'octets', octets }
    }
    case 'whole': {
      const { sha256 } = json
      if (!isText(sha256, 64) || !/^[0-9a-f]{64}$/.test(sha256)) throw badBundle('a bad hash')
      return { line: 'whole', sha256 }
    }
    case 'journey':
      return readJourney(json)
    case 'end': {
      const { journeys } = json
      if (typeof journeys !== 'number') throw badBundle('an end without a count')
      return { line: 'end', journeys }
    }
    default:
      throw badBundle('a line of a kind that is not known')
  }
}

function parsed(text: string): Json {
  if (isTooDeep(text)) throw badBundle('a line that is too deep')
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (problem) {
    if (!(problem instanceof SyntaxError)) throw problem
    throw badBundle('a line that is not JSON')
  }
  if (typeof json !== 'object' || json === null) throw badBundle('a line that is no object')
  // An object of JSON has text as keys.
  return json as Json
}

function readHead(json: Json): BundleHead {
  const { format: written, made_by, made_at, redacted } = json
  if (written !== format) {
    throw new WaybillError('usage', 'This bundle is of another format than this program reads.', {
      hint: `It reads ${format}. Was the bundle made by a newer version?`,
    })
  }
  if (!isText(made_by, 200) || !isText(made_at, 200)) throw badBundle('a head that is none')
  return { line: 'bundle', format, made_by, made_at, redacted: redacted === true }
}

function readMessage(json: Json): MessageLine {
  const { id, size, prefix, omit } = json
  const known = isMessageId(id) && isText(prefix, most.json) && isCount(size, most.size)
  if (!known || !Array.isArray(omit) || omit.length > most.steps) {
    throw badBundle('a letter without its measures')
  }
  let before = 0
  const ranges = omit.map((range: unknown) => {
    const [start, end] = Array.isArray(range) ? (range as readonly unknown[]) : []
    const good = isCount(start, size) && isCount(end, size) && before <= start && start <= end
    if (!good) throw badBundle('a letter with ranges that are none')
    before = end
    return [start, end] as const
  })
  return { line: 'message', id, size, prefix, omit: ranges }
}

function readJourney(json: Json): JourneyLine {
  const { id, status, summary, record, appended, message } = json
  if (typeof id !== 'string' || !isId(id)) throw badBundle('a journey without an id')
  const good =
    isText(status, 40) &&
    /^[a-z ]+$/.test(status) &&
    isText(summary, most.short) &&
    isText(record, most.json) &&
    Array.isArray(appended) &&
    appended.length <= most.steps &&
    appended.every((steps) => isText(steps, most.json)) &&
    (message === null || isMessageId(message))
  if (!good) throw badBundle(`a journey ${id} that is none`)
  return { line: 'journey', id, status, summary, record, appended, message }
}

/** Ids of messages are made like those of journeys, or from them. */
function isMessageId(value: unknown): value is string {
  return isText(value, 100) && /^[\w.-]+$/.test(value)
}

function isText(value: unknown, mostCharacters: number): value is string {
  return typeof value === 'string' && value.length <= mostCharacters
}

function isCount(value: unknown, limit: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= limit
}
