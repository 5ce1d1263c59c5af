/** The most octets that are read; servers take less. */
const maxOctets = 256 * 1024 * 1024

export type ReadInput =
  | { readonly type: 'octets'; readonly octets: Uint8Array }
  | { readonly type: 'too-long' }

/**
 * Reads a message to its end: that of the stream, or a line with a dot alone, unless dots are text.
 * What stands behind that line is not read.
 */
export async function readMessage(
  input: AsyncIterable<Uint8Array>,
  dotIsText: boolean,
): Promise<ReadInput> {
  const chunks: Buffer[] = []
  let length = 0
  let found: number | undefined
  // The last octets of what was read: a dot may be cut off from the line end before it.
  let tail = '\n'
  for await (const chunk of input) {
    const octets = Buffer.from(chunk)
    if (!dotIsText) {
      const window = tail + octets.toString('latin1')
      const match = /\n\.\r?\n/.exec(window)
      if (match !== null) found = length - tail.length + match.index + 1
      tail = window.slice(-4)
    }
    chunks.push(octets)
    length += octets.length
    if (found !== undefined) break
    if (length > maxOctets) return { type: 'too-long' }
  }
  const all = Buffer.concat(chunks)
  // A last line may have no end.
  const open = !dotIsText && found === undefined ? /(?:^|\n)\.\r?$/.exec(tail) : null
  const end = found ?? (open === null ? all.length : all.lastIndexOf(46))
  return { type: 'octets', octets: new Uint8Array(all.subarray(0, Math.max(0, end))) }
}
