/** What stands behind the `@` of an address, and the route that may stand before it. */
import { type AddressScanner, code, isAtext } from './address-scanner.ts'

/** A domain with its comments and white space left out. RFC 5322 §3.4.1, §4.4. */
export function readAddressDomain(scan: AddressScanner): string {
  if (scan.skipSpace()) scan.obsolete('space-around-at')
  if (scan.atLiteral) {
    const literal = scan.readLiteral()
    scan.skipSpace()
    return literal
  }
  let domain = ''
  let dotExpected = false
  for (;;) {
    const c = scan.peek()
    if (c === code.dot) {
      if (!dotExpected) scan.error('misplaced-dot')
      dotExpected = false
      domain += '.'
      scan.at++
      if (scan.skipSpace()) scan.obsolete('domain')
    } else if (isAtext(c) && !dotExpected) {
      domain += scan.readAtom()
      dotExpected = true
      const spaced = scan.skipSpace()
      if (spaced && scan.peek() === code.dot) scan.obsolete('domain')
    } else {
      if (domain !== '' && !dotExpected) scan.error('misplaced-dot')
      return domain
    }
  }
}

/** obs-route, RFC 5322 §4.4: `@one.example,@two.example:`. Understood and dropped. */
export function skipRoute(scan: AddressScanner): void {
  scan.obsolete('route')
  for (;;) {
    scan.skipSpace()
    const c = scan.peek()
    if (c === code.comma) {
      scan.at++
    } else if (c === code.at) {
      scan.at++
      readAddressDomain(scan)
    } else {
      if (c === code.colon) scan.at++
      else scan.error('unexpected-character')
      return
    }
  }
}
