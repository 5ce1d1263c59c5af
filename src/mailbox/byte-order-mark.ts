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
