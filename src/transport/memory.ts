/** How safe the best session with a host was. */
export type TlsStrength = 'encrypted' | 'verified' | 'dane'

/** What is remembered of TLS at a host. Plain data. */
export interface KnownTls {
  readonly host: string
  readonly best: TlsStrength
  /** Unix milliseconds of the last session that was as good. */
  readonly seenAt: number
}

/** Reads what the register keeps of a host; `undefined` for what this version did not write. */
export function readKnownTls(host: string, json: string): KnownTls | undefined {
  const read: unknown = JSON.parse(json)
  if (typeof read !== 'object' || read === null) return undefined
  const best: unknown = 'best' in read ? read.best : undefined
  const seenAt: unknown = 'seenAt' in read ? read.seenAt : undefined
  const strength = strengths.find((one) => one === best)
  if (strength === undefined || typeof seenAt !== 'number') return undefined
  return { host, best: strength, seenAt }
}

const strengths: readonly TlsStrength[] = ['encrypted', 'verified', 'dane']

/** Whether the one proves at least as much as the other. */
export function isAsStrong(one: TlsStrength, other: TlsStrength): boolean {
  return strengths.indexOf(one) >= strengths.indexOf(other)
}
