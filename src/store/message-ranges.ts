import { concat } from '../base/octets.ts'
import type { OpenMessage } from './ports/contents.ts'

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

/**
 * Reads a content as a whole, in chunks of at most 64 KiB. What is damaged ends with an error before
 * its last chunk, so that nobody takes it for whole.
 */
export type ReadContent = () => AsyncIterable<Uint8Array>

/**
 * A message for reading, put together from its prefix and the ranges of its content. Where its octets
 * are at hand it is one chunk as long as it is short: each chunk takes several turns of whoever sends it.
 */
export function openStored(stored: {
  readonly id: string
  readonly contentSize: number
  readonly prefix: Uint8Array
  readonly omit: readonly Range[]
  readonly read: ReadContent
  /** The whole content, which `read` gives as well. */
  readonly octets?: Uint8Array | undefined
}): OpenMessage {
  const { id, contentSize, prefix, read, octets } = stored
  const kept = keptRanges(contentSize, stored.omit)
  return {
    id,
    size: messageSize(prefix, kept),
    made: { prefix, omit: stored.omit, contentSize },
    async *chunks() {
      if (octets !== undefined) {
        const parts = kept.map(([start, end]) => octets.subarray(start, end))
        yield* slices(concat([prefix, ...parts]))
        return
      }
      yield* slices(prefix)
      yield* inRanges(read(), kept)
    },
    original: read,
  }
}

/** Content in memory. `load` is called when reading begins. */
export function octetContent(load: () => Uint8Array | Promise<Uint8Array>): ReadContent {
  // A generator, so that a fault of `load` comes while reading, as it does with a file.
  return async function* () {
    yield* slices(await load())
  }
}

function* slices(octets: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < octets.length; at += chunkBytes) {
    yield octets.subarray(at, Math.min(at + chunkBytes, octets.length))
  }
}

/** What of the chunks lies in the ranges. All is read, so that a damage in between is seen as well. */
async function* inRanges(
  chunks: AsyncIterable<Uint8Array>,
  ranges: readonly Range[],
): AsyncGenerator<Uint8Array> {
  let [at, next] = [0, 0]
  for await (const chunk of chunks) {
    const end = at + chunk.length
    for (let range = ranges[next]; range !== undefined && range[0] < end; range = ranges[next]) {
      yield chunk.subarray(Math.max(0, range[0] - at), Math.min(chunk.length, range[1] - at))
      if (range[1] > end) break
      next++
    }
    at = end
  }
}
