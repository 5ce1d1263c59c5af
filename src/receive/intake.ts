import {
  arrivalFieldLimits,
  defaultHeaderLimits,
  type HeaderProblem,
  HeaderReader,
  type MessageHeader,
} from '../message/header-reader.ts'
import type { ContentSink } from '../store/ports/contents.ts'
import type { NewContent } from '../store/ports/post.ts'
import type { Holding } from './guard.ts'

/** Who looks at the message while it passes. */
export interface IntakeWatcher {
  header(header: MessageHeader): void
  body(octets: Uint8Array): void
}

export type TakenIn =
  | { readonly type: 'taken'; readonly header: MessageHeader; readonly content: NewContent }
  | { readonly type: 'problem'; readonly problem: HeaderProblem; readonly content: NewContent }

/** There is no memory for more of a letter; it comes again. */
export class NoRoom extends Error {
  readonly of: 'network' | 'server'

  constructor(of: 'network' | 'server') {
    super('the memory for letters that are coming in is used up')
    this.of = of
  }
}

/** What the store's sink gathers at most before the disk has it: two buffers of 256 KiB. */
const gatheredOctets = 512 * 1024
/** So much every letter may have, whatever others hold: most letters are smaller. */
const freeOctets = 32 * 1024

/**
 * Takes one message in: each octet goes once to the store's sink and once past the watcher, and is
 * never kept here beyond the header.
 */
export class MessageIntake {
  readonly #sink: ContentSink
  readonly #watcher: IntakeWatcher
  readonly #reader = new HeaderReader({ ...defaultHeaderLimits, fields: arrivalFieldLimits })
  readonly #holding: Holding
  /** Octets that were kept as a part of the header, and of all. */
  #headerOctets = 0
  #octets = 0
  #header: MessageHeader | undefined
  #problem: HeaderProblem | undefined
  /** What is being taken, while memory is asked for or the disk is behind. */
  #behind: Promise<void> | undefined
  #aborted = false

  constructor(sink: ContentSink, watcher: IntakeWatcher, holding: Holding) {
    this.#holding = holding
    this.#sink = sink
    this.#watcher = watcher
  }

  /** @throws NoRoom before anything of these octets is kept */
  push(octets: Uint8Array): Promise<void> | undefined {
    if (this.#behind === undefined) return this.#follow(this.#take(octets))
    // A copy, because these may be written over before it is their turn.
    const copy = octets.slice()
    const before = this.#behind.catch(() => undefined)
    return this.#follow(before.then(() => this.#take(copy)))
  }

  async finish(): Promise<TakenIn> {
    if (this.#header === undefined && this.#problem === undefined)
      this.#progress(this.#reader.end())
    const content = await this.#sink.finish()
    if (this.#problem !== undefined) return { type: 'problem', problem: this.#problem, content }
    if (this.#header === undefined) throw new Error('MessageIntake: no header and no problem')
    return { type: 'taken', header: this.#header, content }
  }

  /** After `finish`: the first octets of the content alone. */
  shorten(content: NewContent, octets: number): Promise<NewContent> {
    return this.#sink.shorten(content, octets)
  }

  abort(): void {
    this.#aborted = true
    this.#sink.abort()
    this.release()
  }

  /** Nothing of it is needed any more. */
  release(): void {
    this.#holding.release()
  }

  /** Remembers what others have to wait for. */
  #follow(taken: Promise<void> | undefined): Promise<void> | undefined {
    if (taken === undefined) return undefined
    const behind = taken.finally(() => {
      if (this.#behind === behind) this.#behind = undefined
    })
    this.#behind = behind
    return behind
  }

  #take(octets: Uint8Array): Promise<void> | undefined {
    if (this.#aborted) return undefined
    const missing = this.#hold(octets)
    if (missing === undefined) return this.#keep(octets)
    if (typeof missing === 'string') throw new NoRoom(missing)
    const copy = octets.slice()
    return missing.then((now) => {
      if (now !== undefined) throw new NoRoom(now)
      return this.#keep(copy)
    })
  }

  #keep(octets: Uint8Array): Promise<void> | undefined {
    if (this.#aborted) return undefined
    this.#watch(octets)
    return this.#sink.push(octets) ?? undefined
  }

  /** Who has no memory for so much more of it. */
  #hold({ length }: Uint8Array): ReturnType<Holding['grow']> {
    this.#octets += length
    if (this.#header !== undefined) this.#headerOctets = this.#header.octets.length
    else this.#headerOctets = this.#problem === undefined ? this.#octets : 0
    const needed = this.#headerOctets + Math.min(this.#octets, gatheredOctets) - freeOctets
    return needed > 0 ? this.#holding.grow(needed) : undefined
  }

  #watch(octets: Uint8Array): void {
    if (this.#header !== undefined) this.#watcher.body(octets)
    else if (this.#problem === undefined) this.#progress(this.#reader.push(octets))
  }

  #progress(progress: ReturnType<HeaderReader['push']>): void {
    switch (progress.type) {
      case 'more':
        return
      case 'problem':
        this.#problem = progress.problem
        return
      case 'header':
        this.#header = progress.header
        this.#watcher.header(progress.header)
        if (progress.body.length > 0) this.#watcher.body(progress.body)
        return
    }
  }
}
