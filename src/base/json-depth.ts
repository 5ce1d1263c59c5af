/** So many arrays and objects within each other are told; nothing that anybody means has more. */
const mostLevels = 200

const [quote, backslash, open, close] = [0x22, 0x5c, 0x5b, 0x5d]
const [openObject, closeObject] = [0x7b, 0x7d]

/**
 * Whether JSON is deeper than anybody means it. To parse it takes the square of what its length lets
 * expect: 16 MB of `[` are half a minute in which nobody else is served. To look for it is one pass.
 */
export function isTooDeep(json: string | Uint8Array): boolean {
  const codeAt = typeof json === 'string' ? (at: number) => json.charCodeAt(at) : undefined
  let depth = 0
  let quoted = false
  for (let at = 0; at < json.length; at++) {
    const code = codeAt?.(at) ?? json[at]
    if (quoted) {
      if (code === backslash) at++
      else if (code === quote) quoted = false
    } else if (code === quote) quoted = true
    else if (code === open || code === openObject) {
      if (++depth > mostLevels) return true
    } else if (code === close || code === closeObject) depth--
  }
  return false
}
