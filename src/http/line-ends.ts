const CR = 13
const LF = 10

/**
 * The message with each line ended by CRLF. RFC 5321 §2.3.8 knows no other end, and files on most
 * computers have LF alone; what is right already is given back as it is.
 */
export function withCrlf(octets: Uint8Array): Uint8Array {
  const lone = loneEnds(octets)
  if (lone === 0) return octets
  const made = new Uint8Array(octets.length + lone)
  let at = 0
  for (let i = 0; i < octets.length; i++) {
    const octet = octets[i] ?? 0
    if (octet === LF && octets[i - 1] !== CR) made[at++] = CR
    made[at++] = octet
    if (octet === CR && octets[i + 1] !== LF) made[at++] = LF
  }
  return made
}

/** How many CR and LF stand without the other. */
function loneEnds(octets: Uint8Array): number {
  let lone = 0
  for (let i = 0; i < octets.length; i++) {
    const octet = octets[i] ?? 0
    if (octet > CR) continue
    if (octet === LF && octets[i - 1] !== CR) lone++
    else if (octet === CR && octets[i + 1] !== LF) lone++
  }
  return lone
}
