import { createHmac } from 'node:crypto'
import { formatLocalPart, parseMailbox } from '../address/mailbox.ts'
import { sameHash } from './keyed-hash.ts'

/**
 * The Sender Rewriting Scheme, in the form of Mail::SRS and postsrsd: the reverse-path of a letter
 * that is handed on is in our own domain, so that SPF of the next server holds for us, and what comes
 * back to it finds its way to the first sender. There is no RFC of it.
 *
 * `SRS0=HHHH=TT=north.example=ann@south.example`: a hash over the rest, a day, and the address.
 * `SRS1=HHHH=first.example==HHHH=TT=north.example=ann@south.example`: what another forwarder made is
 * kept as it is, with the name of the first of them, so that it does not grow with each of them.
 *
 * What stands in it is the meaning of the first sender's local part, without quotes; the whole is quoted
 * where it has to be (RFC 5321 §4.1.2): `"SRS0=HHHH=TT=north.example=ann lee"@south.example`.
 */
export interface SrsOptions {
  /** Whoever knows it can have mail sent on by us. */
  readonly secret: string
  /** A domain of ours, whose SPF record names this server. */
  readonly domain: string
  /** Unix milliseconds. */
  readonly now: number
}

/** Days for which an address is good: longer than any server tries to deliver. */
const validDays = 21
/** The count of days begins anew with this, which is far longer than they are good for. */
const daySlots = 1024
const dayMs = 86_400_000
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** Characters of the hash, 24 bits: postsrsd's and Mail::SRS's own default. */
const hashLength = 4
/** An address literal may have a `=` of its own (RFC 5321 §4.1.3). */
const host = String.raw`(\[[^\]]*\]|[^=]+)`
const srs1Rest = new RegExp(`^([^=]*)=${host}=(.*)$`, 's')
const srs0Rest = new RegExp(`^([^=]+)=([A-Z2-7]{2})=${host}=(.*)$`, 'is')

/**
 * The reverse-path under which a letter of `sender` is handed on: in our domain. `sender` is an
 * address without brackets, and not empty: the null reverse-path stays null. `undefined` where no path
 * can say it: it would be longer than 254 octets (RFC 5321 §4.5.3.1.3), or `sender` is no address.
 */
export function srsForward(
  sender: string,
  { secret, domain, now }: SrsOptions,
): string | undefined {
  const read = parseMailbox(sender)
  if (!read.ok) return undefined
  const { localPart, domain: from } = read.value
  const made = `${formatLocalPart(rewritten(localPart, from, { secret, now }))}@${domain}`
  return parseMailbox(made).ok ? made : undefined
}

function rewritten(
  local: string,
  from: string,
  { secret, now }: Pick<SrsOptions, 'secret' | 'now'>,
): string {
  const kind = /^srs([01])([=+-])(.*)$/is.exec(local)
  if (kind?.[1] === '0') {
    const rest = `${kind[2] ?? '='}${kind[3] ?? ''}`
    return `SRS1=${hashOf(secret, [from, rest])}=${from}=${rest}`
  }
  if (kind?.[1] === '1') {
    const inner = srs1Rest.exec(kind[3] ?? '')
    if (inner !== null) {
      const [, , first = '', rest = ''] = inner
      return `SRS1=${hashOf(secret, [first, rest])}=${first}=${rest}`
    }
  }
  const day = dayText(now)
  return `SRS0=${hashOf(secret, [day, from, local])}=${day}=${from}=${local}`
}

/** What an address of ours means that looks like one of SRS. */
export type SrsReversed =
  /** It is none: an address like any other. */
  | { readonly type: 'none' }
  | { readonly type: 'sender'; readonly address: string }
  | { readonly type: 'refused'; readonly why: 'malformed' | 'forged' | 'expired' }

/** Undoes `srsForward`. @param local the meaning of the local part, in the case in which it came */
export function srsReverse(
  local: string,
  { secret, now }: Pick<SrsOptions, 'secret' | 'now'>,
): SrsReversed {
  const kind = /^srs([01])[=+-](.*)$/is.exec(local)
  if (kind === null) return { type: 'none' }
  const rest = kind[2] ?? ''
  if (kind[1] === '1') {
    const read = srs1Rest.exec(rest)
    const [, hash = '', first = '', inner = ''] = read ?? []
    if (!/^[=+-]/.test(inner)) return { type: 'refused', why: 'malformed' }
    if (!sameHash(hash, hashOf(secret, [first, inner]))) return { type: 'refused', why: 'forged' }
    return { type: 'sender', address: `${formatLocalPart(`SRS0${inner}`)}@${first}` }
  }
  const read = srs0Rest.exec(rest)
  if (read === null) return { type: 'refused', why: 'malformed' }
  const [, hash = '', day = '', from = '', user = ''] = read
  if (!sameHash(hash, hashOf(secret, [day, from, user]))) return { type: 'refused', why: 'forged' }
  if (!isFresh(day, now)) return { type: 'refused', why: 'expired' }
  return { type: 'sender', address: `${formatLocalPart(user)}@${from}` }
}

/** Two characters for the day, of which 1,024 are told apart. */
function dayText(now: number): string {
  const slot = Math.floor(now / dayMs) % daySlots
  return base32.charAt(slot >> 5) + base32.charAt(slot & 31)
}

function isFresh(day: string, now: number): boolean {
  const [high = '', low = ''] = day.toUpperCase()
  const then = (base32.indexOf(high) << 5) | base32.indexOf(low)
  const today = Math.floor(now / dayMs) % daySlots
  return (today - then + daySlots) % daySlots <= validDays
}

/** As other programs of SRS make it; in lower case, because servers between may change the case. */
function hashOf(secret: string, parts: readonly string[]): string {
  const hmac = createHmac('sha1', secret)
  for (const part of parts) hmac.update(part.toLowerCase())
  return hmac.digest('base64').slice(0, hashLength)
}
