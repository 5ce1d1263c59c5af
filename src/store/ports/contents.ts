import { hash } from 'node:crypto'
import type { NewContent } from './post.ts'

/**
 * Takes the octets of one message as they come and keeps at most about 512 KiB of them in memory:
 * what is longer goes to a file. The hash is computed on the way.
 */
export interface ContentSink {
  /**
   * Takes one chunk; it may be reused afterwards. A promise means: wait for it before the next one.
   * Rejects with `store-full` or `content-unwritten`; call `abort` then.
   */
  push(chunk: Uint8Array): void | Promise<void>
  /** The end of the message. What it gives is durable only after `accept`. */
  finish(): Promise<NewContent>
  /**
   * After `finish`: the first octets of the content alone; the rest is not wanted and goes. Of a
   * content that is not longer, all of it.
   */
  shorten(content: NewContent, octets: number): Promise<NewContent>
  /**
   * The message is not wanted: what was kept of it goes. Also for content that `finish` gave and no
   * `accept` was called with. Never rejects, may be called twice.
   */
  abort(): void
}

/** Where contents begin: the receiving side opens one sink for each message. */
export interface ContentIntake {
  /**
   * @param from whose message it is; those of strangers get a share of the disk only, and `push`
   *   rejects with `store-full` when it is used up
   */
  newContent(from?: 'stranger' | 'own'): ContentSink
}

/** Content of octets that are in memory as a whole. */
export function contentOf(octets: Uint8Array): NewContent {
  const sha256 = hash('sha256', octets, 'hex')
  return { sha256, size: octets.length, source: { type: 'octets', octets } }
}

/** A stored message, opened for reading. Must be read to its end or closed. */
export interface OpenMessage {
  readonly id: string
  /** Octets of the whole: prefix and content less what is left out. */
  readonly size: number
  /** Of what it is made: our own fields, and the ranges that are left out of the content behind them. */
  readonly made: {
    readonly prefix: Uint8Array
    readonly omit: readonly (readonly [start: number, end: number])[]
    readonly contentSize: number
  }
  /** The message as it is sent and shown, in chunks of at most 64 KiB. */
  chunks(): AsyncIterable<Uint8Array>
  /** The content as it came in, before anything of ours. Replay needs it. */
  original(): AsyncIterable<Uint8Array>
}

/** Messages that are stored. */
export interface MessagePort {
  /** `undefined` when there is none with this id (any more). */
  open(id: string): Promise<OpenMessage | undefined>
}
