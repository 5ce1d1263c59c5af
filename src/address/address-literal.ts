import { formatIp, type IpAddress, parseIp } from '../base/ip.ts'

/**
 * An address literal with its brackets, in canonical form: `[192.0.2.1]`, `[IPv6:2001:db8::1]`, or
 * `[tag:content]`. Made by `parseAddressLiteral`. RFC 5321 §4.1.3.
 */
export type AddressLiteral = string & { readonly __brand: 'AddressLiteral' }

const general = /^[A-Za-z0-9-]*[A-Za-z0-9]:[\x21-\x5a\x5e-\x7e]+$/
const snum = /^\d{1,3}$/
const hexGroup = /^[0-9A-Fa-f]{1,4}$/
const ipv6Tag = /^ipv6:/i

/**
 * Reads `[192.0.2.1]`, `[IPv6:…]` or a general literal `[tag:content]`, brackets included.
 * `undefined` for anything else. RFC 5321 §4.1.3.
 */
export function parseAddressLiteral(text: string): AddressLiteral | undefined {
  if (!text.startsWith('[') || !text.endsWith(']') || text.length > 255) return undefined
  const inner = text.slice(1, -1)
  const ip = literalAddress(inner)
  if (ip !== undefined) return bracketed(ip)
  // The tag "IPv6" is taken: what follows it must be an IPv6 address, and an IPv6 address without
  // its tag is a mistake, not a literal with the tag "2001".
  if (ipv6Tag.test(inner) || parseIp(inner) !== undefined) return undefined
  if (!general.test(inner)) return undefined
  return `[${inner}]` as AddressLiteral
}

/** The address in a literal; `undefined` for a general literal. */
export function literalIp(literal: AddressLiteral): IpAddress | undefined {
  return literalAddress(literal.slice(1, -1))
}

/** Whether a domain, as mail uses it, is an address literal. */
export function isAddressLiteral(domain: string): domain is AddressLiteral {
  return domain.startsWith('[')
}

function bracketed(ip: IpAddress): AddressLiteral {
  const text = ip.family === 4 ? `[${formatIp(ip)}]` : `[IPv6:${formatIp(ip)}]`
  return text as AddressLiteral
}

function literalAddress(inner: string): IpAddress | undefined {
  if (!ipv6Tag.test(inner)) return ipv4(inner)
  return ipv6(inner.slice('IPv6:'.length))
}

/** `Snum` is one to three digits, so `010` is the decimal 10 here. RFC 5321 §4.1.3. */
function ipv4(text: string): IpAddress | undefined {
  const parts = text.split('.', 5)
  if (parts.length !== 4) return undefined
  for (const part of parts) if (!snum.test(part) || Number(part) > 255) return undefined
  return { family: 4, octets: parts.map(Number) }
}

/**
 * RFC 5321 §4.1.3: `::` stands for at least two groups, so at most six others may be there (four
 * before or around an embedded IPv4 address). Stricter than RFC 4291.
 */
function ipv6(text: string): IpAddress | undefined {
  if (text.length > 45) return undefined
  const lastColon = text.lastIndexOf(':')
  const tail = text.slice(lastColon + 1)
  const embedded = tail.includes('.') ? ipv4(tail) : undefined
  if (tail.includes('.') && embedded === undefined) return undefined

  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  if (embedded !== undefined) groups.pop()
  for (const group of groups) if (!hexGroup.test(group)) return undefined

  const full = embedded === undefined ? 8 : 6
  const wanted = halves.length === 2 ? groups.length <= full - 2 : groups.length === full
  if (!wanted) return undefined
  const head = text.slice(0, lastColon + 1)
  return parseIp(embedded === undefined ? text : head + formatIp(embedded))
}
