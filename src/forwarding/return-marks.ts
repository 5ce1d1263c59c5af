import { domainOf } from '../address/mailbox.ts'
import { isId, timeOfId } from '../base/id.ts'
import { isAscii } from '../base/octets.ts'
import { keyedHash, sameHash } from './keyed-hash.ts'

/**
 * What letters of our own people leave with, so that what comes back finds its letter again, though it
 * returns nothing of it.
 *
 * `ann+b-01jd7q4m3kxw2v0a-rrrrr-hhhhhhhhhh@north.example` is a reverse-path for one letter and one
 * recipient (VERP): a tag of the sender's own address, in the sender's own domain, so that SPF and
 * DMARC hold as before. `01jd7q4m3kxw2v0a.hhhhhhhhhh` is an ENVID (RFC 3461 §4.4).
 */
export interface ReturnMarks {
  /** Whoever knows it can make up what we have sent. */
  readonly secret: string
  /** Whose letters leave with such a reverse-path: addresses, domains, or `*` for all. */
  readonly verp: readonly string[]
  /** Whether letters without ENVID get one. */
  readonly envelopeId: boolean
}

/** So long a mark is good: longer than any server tries to deliver. */
const validMs = 21 * 86_400_000
const dayMs = 86_400_000
/** 50 bits: who guesses ten times a second needs years for one letter. */
const hashCharacters = 10
/** Tells the recipients of one letter apart. */
const tagCharacters = 5
/** RFC 5321 §4.5.3.1.1. */
const mostLocalPart = 64

/** One copy of a letter: its journey, who sent it, and to whom it went. */
export interface MarkedCopy {
  readonly letter: string
  /** The sender's address, without brackets. */
  readonly sender: string
  readonly recipient: string
}

/**
 * The reverse-path of a copy; `undefined` where the sender does not want one, or their name leaves no
 * room for it.
 */
export function verpAddress(
  { letter, sender, recipient }: MarkedCopy,
  { secret, verp }: ReturnMarks,
): string | undefined {
  const domain = domainOf(sender)
  const local = sender.slice(0, sender.length - domain.length - 1)
  const plain = /^[^"+\s]+(?:\+[^"\s]*)?$/.test(local) && isAscii(sender) && isId(letter)
  if (!plain || !isWanted(sender, domain, verp)) return undefined
  const tag = recipientTag({ letter, recipient }, secret)
  const hash = verpHash({ local, domain, letter, tag }, secret)
  const marked = `${local}+b-${letter}-${tag}-${hash}`
  return marked.length <= mostLocalPart ? `${marked}@${domain}` : undefined
}

function isWanted(sender: string, domain: string, verp: readonly string[]): boolean {
  const names = new Set(verp.map((one) => one.toLowerCase()))
  return names.has('*') || names.has(sender.toLowerCase()) || names.has(domain.toLowerCase())
}

/** What an address of ours means that looks like a reverse-path of that kind. */
export type VerpRead =
  /** It is none: an address like any other. */
  | { readonly type: 'none' }
  | {
      readonly type: 'copy'
      readonly letter: string
      /** Compared by `recipientTag`. */
      readonly tag: string
      /** The local part of the sender. */
      readonly local: string
    }
  | { readonly type: 'refused'; readonly why: 'forged' | 'expired' }

/** Undoes `verpAddress`. @param now Unix milliseconds */
export function readVerp(
  { local, domain }: { readonly local: string; readonly domain: string },
  { secret, now }: { readonly secret: string; readonly now: number },
): VerpRead {
  const read = /^(.+)\+b-([0-9a-z]{16})-([a-z2-7]{5})-([a-z2-7]{10})$/is.exec(local)
  if (read === null) return { type: 'none' }
  const [, sender = '', id = '', tag = '', hash = ''] = read
  const letter = id.toLowerCase()
  const right = verpHash({ local: sender, domain, letter, tag }, secret)
  if (!isId(letter) || !sameHash(hash, right)) return { type: 'refused', why: 'forged' }
  if (!isFresh(letter, now)) return { type: 'refused', why: 'expired' }
  return { type: 'copy', letter, tag: tag.toLowerCase(), local: sender }
}

/** What stands for a recipient of a letter in its reverse-path. */
export function recipientTag(
  { letter, recipient }: Pick<MarkedCopy, 'letter' | 'recipient'>,
  secret: string,
): string {
  const parts = [letter, recipient]
  return keyedHash(secret, { purpose: 'verp recipient', parts, characters: tagCharacters })
}

function verpHash(
  { local, domain, letter, tag }: Readonly<Record<'local' | 'domain' | 'letter' | 'tag', string>>,
  secret: string,
): string {
  const parts = [local, domain, letter, tag]
  return keyedHash(secret, { purpose: 'verp', parts, characters: hashCharacters })
}

/** The ENVID of a letter whose sender gave none; 27 characters (RFC 3461 §5.4: at most 38). */
export function ownEnvelopeId(letter: string, secret: string): string {
  const parts = [letter]
  return `${letter}.${keyedHash(secret, { purpose: 'envid', parts, characters: hashCharacters })}`
}

/** The letter that an ENVID of our own stands for; `undefined` where it is none. */
export function readOwnEnvelopeId(
  text: string,
  { secret, now }: { readonly secret: string; readonly now: number },
): string | undefined {
  const letter = text.slice(0, 16)
  if (!isId(letter) || !sameHash(text, ownEnvelopeId(letter, secret))) return undefined
  return isFresh(letter, now) ? letter : undefined
}

/** Ids tell when they were made. A day more is for clocks that were set. */
function isFresh(letter: string, now: number): boolean {
  const age = now - (timeOfId(letter) ?? 0)
  return age >= -dayMs && age <= validMs
}
