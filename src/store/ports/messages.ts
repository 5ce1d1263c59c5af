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
