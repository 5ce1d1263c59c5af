const mark = [0xef, 0xbb, 0xbf] as const

/**
 * A file without the byte order mark (U+FEFF in UTF-8) that some programs put before the text; cut
 * anywhere. It is for files only: over SMTP these three octets are a part of the message.
 */
export async function* withoutByteOrderMark(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let matched = 0
  let decided = false
  for await (const chunk of chunks) {
    if (decided) {
      yield chunk
      continue
    }
    let at = 0
    while (at < chunk.length && matched < mark.length && chunk[at] === mark[matched]) {
      at++
      matched++
    }
    if (matched < mark.length && at === chunk.length) continue
    decided = true
    if (matched < mark.length) yield new Uint8Array(mark.slice(0, matched - at))
    if (matched < mark.length) yield chunk
    else if (at < chunk.length) yield chunk.subarray(at)
  }
  if (!decided && matched > 0 && matched < mark.length) yield new Uint8Array(mark.slice(0, matched))
}

const CR = 13
const LF = 10

/** How much is looked at for the first line end. */
const maxFirstLine = 64 * 1024

/**
 * A message as it goes over the wire: lines that end with LF alone, as files on Unix have them, end
 * with CRLF. The first line end tells; a message that begins with CRLF passes as it is, and an LF
 * that stands alone in it stays alone.
 */
export async function* withWireLineEndings(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let kind: 'unknown' | 'wire' | 'unix' = 'unknown'
  let before = 0
  let seen = 0
  for await (const chunk of chunks) {
    if (kind === 'unknown') {
      const at = chunk.indexOf(LF)
      const previous = at === 0 ? before : chunk[at - 1]
      if (at >= 0) kind = previous === CR ? 'wire' : 'unix'
      seen += chunk.length
      if (at < 0 && seen > maxFirstLine) kind = 'wire'
    }
    // Before the first LF there is nothing to turn.
    yield kind === 'unix' ? withCr(chunk, before) : chunk
    before = chunk[chunk.length - 1] ?? before
  }
}

/** Puts a CR before each LF that has none. `before` is the octet before the chunk. */
function withCr(chunk: Uint8Array, before: number): Uint8Array {
  let missing = 0
  for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) {
    if ((at === 0 ? before : chunk[at - 1]) !== CR) missing++
  }
  if (missing === 0) return chunk
  const out = new Uint8Array(chunk.length + missing)
  let length = 0
  let start = 0
  for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) {
    if ((at === 0 ? before : chunk[at - 1]) === CR) continue
    out.set(chunk.subarray(start, at), length)
    length += at - start
    out[length++] = CR
    start = at
  }
  out.set(chunk.subarray(start), length)
  return out
}
