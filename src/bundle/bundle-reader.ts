import {
  badBundle,
  type BundleHead,
  type JourneyLine,
  type MessageLine,
  octetsIn,
  readBundleLine,
} from './bundle-lines.ts'

/** What a line of a bundle brings. */
export type BundleEvent =
  | { readonly type: 'head'; readonly head: BundleHead }
  /** A letter begins; its octets follow. */
  | { readonly type: 'message'; readonly message: MessageLine }
  | { readonly type: 'octets'; readonly octets: Uint8Array }
  | { readonly type: 'whole'; readonly sha256: string }
  /** All that it needs was there before. */
  | {
      readonly type: 'journey'
      readonly journey: JourneyLine
      readonly facts: ReadonlyMap<string, string>
    }
  | { readonly type: 'nothing' }

/** What a bundle may hold, so that reading a hostile one ends. */
export interface BundleLimits {
  readonly journeys: number
  /** Characters of all facts, which stay in memory, and what it takes to find each again. */
  readonly facts: number
}

/** What one more thing to remember takes, beside its characters. */
const ofEach = 100

const defaultBundleLimits: BundleLimits = { journeys: 1_000_000, facts: 64 << 20 }

/** Reads a bundle line by line and sees that it is in order. */
export class BundleReader {
  readonly #limits: BundleLimits
  readonly #facts = new Map<string, string>()
  readonly #messages = new Set<string>()
  readonly #journeys = new Set<string>()
  #factCharacters = 0
  #head: BundleHead | undefined
  #open: { readonly message: MessageLine; octets: number } | undefined
  #ended = false

  constructor(limits: BundleLimits = defaultBundleLimits) {
    this.#limits = limits
  }

  /** @throws WaybillError `usage` for a line that is none, or that does not belong there */
  push(text: string): BundleEvent {
    const line = readBundleLine(text)
    if (this.#ended) throw badBundle('something behind its end')
    if ((this.#head === undefined) !== (line.line === 'bundle')) throw badBundle('no head')
    const inLetter = line.line === 'octets' || line.line === 'whole'
    if ((this.#open !== undefined) !== inLetter) throw badBundle('a letter that is not whole')
    switch (line.line) {
      case 'bundle':
        this.#head = line
        return { type: 'head', head: line }
      case 'fact':
        this.#factCharacters += line.hash.length + line.json.length + ofEach
        if (this.#factCharacters > this.#limits.facts) throw badBundle('too many facts')
        this.#facts.set(line.hash, line.json)
        return { type: 'nothing' }
      case 'message':
        if (this.#messages.has(line.id)) throw badBundle(`the letter ${line.id} twice`)
        this.#messages.add(line.id)
        this.#open = { message: line, octets: 0 }
        return { type: 'message', message: line }
      case 'octets':
        return this.#octets(octetsIn(line.octets))
      case 'whole':
        if (this.#open?.octets !== this.#open?.message.size) {
          throw badBundle('a letter of another length than it says')
        }
        this.#open = undefined
        return { type: 'whole', sha256: line.sha256 }
      case 'journey':
        return this.#journey(line)
      case 'end':
        if (line.journeys !== this.#journeys.size) throw badBundle('fewer journeys than it says')
        this.#ended = true
        return { type: 'nothing' }
    }
  }

  /** The file has ended. @throws WaybillError `usage` when the bundle has not */
  end(): void {
    if (!this.#ended) throw badBundle('no end: it was cut')
  }

  #octets(octets: Uint8Array): BundleEvent {
    if (this.#open !== undefined) {
      this.#open.octets += octets.length
      if (this.#open.octets > this.#open.message.size) {
        throw badBundle('a letter that is longer than it says')
      }
    }
    return { type: 'octets', octets }
  }

  #journey(line: JourneyLine): BundleEvent {
    const { id, message } = line
    if (this.#journeys.has(id)) throw badBundle(`the journey ${id} twice`)
    if (this.#journeys.size >= this.#limits.journeys) throw badBundle('too many journeys')
    if (message !== null && !this.#messages.has(message)) {
      throw badBundle(`a journey ${id} whose letter is not in it`)
    }
    this.#journeys.add(id)
    return { type: 'journey', journey: line, facts: this.#facts }
  }
}
