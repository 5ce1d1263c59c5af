/** Which names a check asks for (RFC 7208 §4.8, §7.1). */
import { isAscii } from '../base/octets.ts'
import { isQueryableName } from '../dns/resolver.ts'

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

/** Whether the address of a name from a DNS answer, of MX or PTR, can be asked for: any name. */
export function isHostName(name: string): boolean {
  return isQueryableName(name) && isAscii(name)
}

/**
 * Whether a policy can ask for a name that a macro made; it has no trailing dot.
 *
 * RFC 7208 §4.8 leaves open what to do with the others (empty label, label over 63 octets). Here a
 * mechanism does not match then, and nothing about it is temporary. A single label (a greeting like
 * `localhost`, a %{p} that is `unknown`) and a top label that the grammar would refuse (an address)
 * are such names too: they cannot exist, and a client must not make look-ups void by choosing them.
 */
export function isAskable(name: string): boolean {
  return isHostName(name) && endsInTopLabel(name, 0, name.length)
}

/**
 * Whether `text[from, to)` ends in "." toplabel [ "." ].
 *
 * toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum ):
 * letters, digits and inner hyphens, not digits alone.
 */
export function endsInTopLabel(text: string, from: number, to: number): boolean {
  const end = text.charCodeAt(to - 1) === 0x2e ? to - 1 : to
  const dot = text.lastIndexOf('.', end - 1)
  if (dot < from || dot === end - 1) return false
  let onlyDigits = true
  for (let i = dot + 1; i < end; i++) {
    const code = text.charCodeAt(i)
    if (!isAlnum(code) && code !== 0x2d) return false
    if (!isDigit(code)) onlyDigits = false
  }
  return !onlyDigits && text.charCodeAt(dot + 1) !== 0x2d && text.charCodeAt(end - 1) !== 0x2d
}
