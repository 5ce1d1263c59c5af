/** Character classes of RFC 5234 appendix B.1, by character code. */

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

export function isAlpha(code: number): boolean {
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x7a
}

export function isAlnum(code: number): boolean {
  return isDigit(code) || isAlpha(code)
}
