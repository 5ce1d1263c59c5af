/**
 * How lines end in an export. `lf` is what Maildir and mbox files hold on Unix, and what mail
 * programs expect there; `crlf` keeps the octets as they were received, so that signatures can be
 * checked on the file as it is (a program that reads `lf` must turn LF into CRLF first).
 */
export type LineEnding = 'lf' | 'crlf'

const CR = 13
const LF = 10

/**
 * The same octets with CRLF turned into LF, for chunks cut anywhere. A CR or LF that stands alone
 * stays as it is; with `crlf` all octets do.
 */
export async function* withLineEnding(
  chunks: AsyncIterable<Uint8Array>,
  lineEnding: LineEnding,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (lineEnding === 'crlf') {
    yield* chunks
    return
  }
  let heldCr = false
  for await (const chunk of chunks) {
    const out = new Uint8Array(chunk.length + 1)
    let length = 0
    for (const octet of chunk) {
      if (heldCr && octet !== LF) out[length++] = CR
      heldCr = octet === CR
      if (!heldCr) out[length++] = octet
    }
    if (length > 0) yield out.subarray(0, length)
  }
  if (heldCr) yield new Uint8Array([CR])
}
