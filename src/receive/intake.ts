import {
  arrivalFieldLimits,
  defaultHeaderLimits,
  type HeaderProblem,
  HeaderReader,
  type MessageHeader,
} from '../message/header-reader.ts'
import type { ContentSink, NewContent } from '../store/store.ts'

/** Who looks at the message while it passes. */
export interface IntakeWatcher {
  header(header: MessageHeader): void
  body(octets: Uint8Array): void
}

export type TakenIn =
  | { readonly type: 'taken'; readonly header: MessageHeader; readonly content: NewContent }
  | { readonly type: 'problem'; readonly problem: HeaderProblem; readonly content: NewContent }

/**
 * Takes one message in: each octet goes once to the store's sink and once past the watcher, and is
 * never kept here beyond the header.
 */
export class MessageIntake {
  readonly #sink: ContentSink
  readonly #watcher: IntakeWatcher
  readonly #reader = new HeaderReader({ ...defaultHeaderLimits, fields: arrivalFieldLimits })
  #header: MessageHeader | undefined
  #problem: HeaderProblem | undefined

  constructor(sink: ContentSink, watcher: IntakeWatcher) {
    this.#sink = sink
    this.#watcher = watcher
  }

  push(octets: Uint8Array): Promise<void> | undefined {
    this.#watch(octets)
    return this.#sink.push(octets) ?? undefined
  }

  async finish(): Promise<TakenIn> {
    if (this.#header === undefined && this.#problem === undefined)
      this.#progress(this.#reader.end())
    const content = await this.#sink.finish()
    if (this.#problem !== undefined) return { type: 'problem', problem: this.#problem, content }
    if (this.#header === undefined) throw new Error('MessageIntake: no header and no problem')
    return { type: 'taken', header: this.#header, content }
  }

  abort(): void {
    this.#sink.abort()
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
