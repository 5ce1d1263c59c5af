/** A signature over a letter, by what it says of itself. */
export interface NamedSignature {
  readonly domain: string
  readonly selector: string
}

/** A part that was coded: `n` is its place among all parts of the letter, the letter itself is 0. */
export interface ConvertedPart {
  readonly n: number
  readonly type: string
  /** Content-Transfer-Encoding before. */
  readonly from: string
  readonly to: 'quoted-printable' | 'base64'
  /** Of its body before. */
  readonly octets: number
}

/**
 * The letter was converted for a server without 8BITMIME, each time that it was sent there; what is
 * kept of it stays as it is. RFC 6152 §3. Since 0.5.0.
 */
export interface ConvertedStep {
  readonly type: 'converted'
  readonly host: string
  /** The first 20 of them, in their order. */
  readonly parts: readonly ConvertedPart[]
  /** How many there are. */
  readonly converted: number
  /** Of the whole letter. */
  readonly octetsBefore: number
  readonly octetsAfter: number
  /** We had signed it, and signed it again; no keys: there are none of this domain any more. */
  readonly signed?: {
    readonly domain: string
    readonly keys: readonly { readonly selector: string; readonly algorithm: string }[]
  }
  /** We had sealed it for its way on (RFC 8617), and sealed it again. */
  readonly sealed?: NamedSignature & { readonly instance: number }
  /** DKIM signatures of others that do not fit the letter any more. */
  readonly broken: readonly NamedSignature[]
}

/** How many parts a step names. */
export const shownParts = 20
