import type { OpenMessage } from './store.ts'

export type Range = readonly [start: number, end: number]

/** The size of the chunks in which stored messages are read. */
export const chunkBytes: number = 64 * 1024

/**
 * The ranges of a content of `size` octets that are left when those of `omit` are taken out.
 * Ranges that are not in order, overlap or reach beyond the content are a bug of the caller.
 */
export function keptRanges(size: number, omit: readonly Range[]): readonly Range[] {
  const kept: Range[] = []
  let at = 0
  for (const [start, end] of omit) {
    const valid = Number.isInteger(start) && Number.isInteger(end) && at <= start && start <= end
    if (!valid || end > size)
      throw new Error('keptRanges: a range is out of order or out of bounds')
    if (start > at) kept.push([at, start])
    at = end
  }
  if (at < size) kept.push([at, size])
  return kept
}

/** The octets of the message as it is sent: prefix and what is kept of the content. */
export function messageSize(prefix: Uint8Array, kept: readonly Range[]): number {
  let size = prefix.length
  for (const [start, end] of kept) size += end - start
  return size
}

/** Reads ranges of a content, in order, in chunks of at most 64 KiB. */
export type ReadRanges = (ranges: readonly Range[]) => AsyncIterable<Uint8Array>

/** A message for reading, put together from its prefix and the ranges of its content. */
export function openStored(stored: {
  readonly id: string
  readonly contentSize: number
  readonly prefix: Uint8Array
  readonly omit: readonly Range[]
  readonly read: ReadRanges
}): OpenMessage {
  const { id, contentSize, prefix, read } = stored
  const kept = keptRanges(contentSize, stored.omit)
  return {
    id,
    size: messageSize(prefix, kept),
    async *chunks() {
      yield* slices(prefix, 0, prefix.length)
      yield* read(kept)
    },
    original: () => read([[0, contentSize]]),
  }
}

/** Reads from octets in memory. `load` is called when reading begins. */
export function octetRanges(load: () => Uint8Array): ReadRanges {
  return async function* (ranges) {
    const octets = load()
    for (const [start, end] of ranges) yield* slices(octets, start, end)
  }
}

function* slices(octets: Uint8Array, start: number, end: number): Generator<Uint8Array> {
  for (let at = start; at < end; at += chunkBytes) {
    yield octets.subarray(at, Math.min(at + chunkBytes, end))
  }
}
