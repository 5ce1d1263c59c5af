import { createHmac } from 'node:crypto'
import { domainOf } from '../address/mailbox.ts'
import { sameHash } from './keyed-hash.ts'

/**
 * The Sender Rewriting Scheme, in the form of Mail::SRS and postsrsd: the reverse-path of a letter
 * that is handed on is in our own domain, so that SPF of the next server holds for us, and what comes
 * back to it finds its way to the first sender. There is no RFC of it.
 *
 * `SRS0=HHHH=TT=north.example=ann@south.example`: a hash over the rest, a day, and the address.
 * `SRS1=HHHH=first.example==HHHH=TT=north.example=ann@south.example`: what another forwarder made is
 * kept as it is, with the name of the first of them, so that it does not grow with each of them.
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

/**
 * The reverse-path under which a letter of `sender` is handed on: in our domain. `sender` is an
 * address without brackets, and not empty: the null reverse-path stays null.
 */
export function srsForward(sender: string, { secret, domain, now }: SrsOptions): string {
  const host = domainOf(sender)
  const local = sender.slice(0, sender.length - host.length - 1)
  const kind = /^srs([01])([=+-])(.*)$/is.exec(local)
  if (kind?.[1] === '0') {
    const rest = `${kind[2] ?? '='}${kind[3] ?? ''}`
    return `SRS1=${hashOf(secret, [host, rest])}=${host}=${rest}@${domain}`
  }
  if (kind?.[1] === '1') {
    const inner = /^[^=]*=([^=]+)=(.*)$/s.exec(kind[3] ?? '')
    if (inner !== null) {
      const [, first = '', rest = ''] = inner
      return `SRS1=${hashOf(secret, [first, rest])}=${first}=${rest}@${domain}`
    }
  }
  const day = dayText(now)
  return `SRS0=${hashOf(secret, [day, host, local])}=${day}=${host}=${local}@${domain}`
}

/** What an address of ours means that looks like one of SRS. */
export type SrsReversed =
  /** It is none: an address like any other. */
  | { readonly type: 'none' }
  | { readonly type: 'sender'; readonly address: string }
  | { readonly type: 'refused'; readonly why: 'malformed' | 'forged' | 'expired' }

/** Undoes `srsForward`. @param local the local part, as it came */
export function srsReverse(
  local: string,
  { secret, now }: Pick<SrsOptions, 'secret' | 'now'>,
): SrsReversed {
  const kind = /^srs([01])[=+-](.*)$/is.exec(local)
  if (kind === null) return { type: 'none' }
  const rest = kind[2] ?? ''
  if (kind[1] === '1') {
    const read = /^([^=]+)=([^=]+)=([=+-].*)$/s.exec(rest)
    if (read === null) return { type: 'refused', why: 'malformed' }
    const [, hash = '', host = '', inner = ''] = read
    if (!sameHash(hash, hashOf(secret, [host, inner]))) return { type: 'refused', why: 'forged' }
    return { type: 'sender', address: `SRS0${inner}@${host}` }
  }
  const read = /^([^=]+)=([A-Z2-7]{2})=([^=]+)=(.+)$/is.exec(rest)
  if (read === null) return { type: 'refused', why: 'malformed' }
  const [, hash = '', day = '', host = '', user = ''] = read
  if (!sameHash(hash, hashOf(secret, [day, host, user]))) return { type: 'refused', why: 'forged' }
  if (!isFresh(day, now)) return { type: 'refused', why: 'expired' }
  return { type: 'sender', address: `${user}@${host}` }
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
