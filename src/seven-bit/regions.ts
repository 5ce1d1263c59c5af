import type { Part, PartTree } from '../mime/part.ts'

/** Octets `[start, end)` of a message and what they are. */
export type Region = {
  readonly start: number
  readonly end: number
  /** It lies in what a `multipart/signed` holds. RFC 1847 §2.1. */
  readonly signed: boolean
} & (
  | { readonly kind: 'header' | 'body'; readonly part: Part }
  /** Before the first of several parts, behind the last, and the lines between them. */
  | { readonly kind: 'between' }
)

/**
 * What may be coded as a whole, though messages or their fields are in it: RFC 6532 §3.5, RFC 6533 §4
 * to §6.
 */
export function isOpaque({ type }: Part): boolean {
  return /^message\/global(?:-|$)/.test(type)
}

/** The regions of a message, in order and without gaps; some are empty. */
export function regionsOf({ parts }: PartTree): readonly Region[] {
  const held = new Set(parts.map(({ parent }) => parent))
  const facts: { readonly signed: boolean; readonly hidden: boolean }[] = []
  const regions: Region[] = []
  let at = 0
  let signedUntil = 0
  const between = (until: number, signed: boolean): void => {
    if (until > at) regions.push({ start: at, end: until, kind: 'between', signed })
    at = Math.max(at, until)
  }
  const betweenUntil = (until: number): void => {
    between(Math.min(until, signedUntil), true)
    between(until, false)
  }
  for (const part of parts) {
    const parent = part.parent === undefined ? undefined : parts[part.parent]
    const above = parent === undefined ? undefined : facts[parent.n]
    const hidden = parent !== undefined && (above?.hidden === true || isOpaque(parent))
    const signed = parent !== undefined && (above?.signed === true || isSigned(parent))
    facts.push({ signed, hidden })
    if (hidden) continue
    betweenUntil(part.headerAt)
    regions.push({ start: part.headerAt, end: part.at, kind: 'header', part, signed })
    at = part.at
    const end = part.at + part.size
    if (isSigned(part)) signedUntil = Math.max(signedUntil, end)
    if (held.has(part.n) && !isOpaque(part)) continue
    regions.push({ start: at, end, kind: 'body', part, signed })
    at = end
  }
  const [whole] = parts
  if (whole !== undefined) betweenUntil(whole.at + whole.size)
  return regions
}

function isSigned({ type }: Part): boolean {
  return type === 'multipart/signed'
}
