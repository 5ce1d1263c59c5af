import { octetString } from '../base/octets.ts'

const maxJumps = 127
const maxNameLength = 255

/** A name, and where it ends in its own place. */
export interface ReadName {
  /** Case as on the wire, labels joined with dots, no trailing dot; empty for the root. */
  readonly text: string
  readonly end: number
}

/**
 * The octets of a DNS message and what they are made of: numbers and names. Nothing here throws or
 * loops: octets beyond the end count as zero, pointers only go back, and a name is at most 255 octets
 * with at most 127 jumps.
 */
export class DnsWire {
  readonly octets: Uint8Array

  constructor(octets: Uint8Array) {
    this.octets = octets
  }

  get length(): number {
    return this.octets.length
  }

  /** A number of two octets. */
  two(at: number): number {
    return ((this.octets[at] ?? 0) << 8) | (this.octets[at + 1] ?? 0)
  }

  /** A number of four octets. */
  four(at: number): number {
    return this.two(at) * 65536 + this.two(at + 2)
  }

  /** The name that begins here, RFC 1035 §4.1.4. It ends behind its first pointer, if it has one. */
  name(start: number): ReadName | undefined {
    const octets = this.octets
    let text = ''
    let end: number | undefined
    let length = 1
    let jumps = 0
    // A pointer leads to an earlier place than the piece of the name it stands in.
    let before = start
    let at = start
    for (;;) {
      const count = octets[at]
      if (count === undefined) return undefined
      if (count === 0) return { text, end: end ?? at + 1 }
      if (count >= 0xc0) {
        const low = octets[at + 1]
        const to = ((count & 0x3f) << 8) | (low ?? 0)
        if (low === undefined || to >= before || ++jumps > maxJumps) return undefined
        end ??= at + 2
        before = to
        at = to
        continue
      }
      length += count + 1
      const next = at + 1 + count
      if (count > 63 || length > maxNameLength || next > octets.length) return undefined
      const label = octetString(octets, at + 1, next)
      text += text === '' ? escaped(label) : `.${escaped(label)}`
      at = next
    }
  }

  /** A name in record data, which must end exactly where the data ends. */
  nameTo(start: number, end: number): string | undefined {
    const name = this.name(start)
    return name?.end === end ? name.text.toLowerCase() : undefined
  }
}

/** A dot inside a label is not the dot between labels. */
function escaped(label: string): string {
  return label.includes('.') || label.includes('\\') ? label.replace(/[.\\]/g, '\\$&') : label
}
