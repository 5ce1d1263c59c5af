import { InvalidArgumentError } from 'commander'
import { parseAddressLiteral } from '../../address/address-literal.ts'
import { parseDomain } from '../../address/domain.ts'
import { formatIp, parseIp } from '../../base/ip.ts'

/** One server: a name or an address literal in its brackets, as a route has it, and its port. */
export interface ServerPlace {
  readonly host: string
  readonly port: number | undefined
}

/**
 * `mx.example.org`, `192.0.2.1:2525`, `[2001:db8::1]:25`, `2001:db8::1`, or `localhost`.
 *
 * @throws InvalidArgumentError
 */
export function readPlace(text: string): ServerPlace {
  if (parseIp(text) !== undefined) return { host: literal(text), port: undefined }
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text)
  const host = match?.[1] ?? match?.[2] ?? ''
  const port = match?.[3] === undefined ? undefined : Number(match[3])
  if (port !== undefined && (port < 1 || port > 65_535)) throw wrong()
  if (host === 'localhost') return { host: '[127.0.0.1]', port }
  if (parseIp(host) !== undefined) return { host: literal(host), port }
  const domain = match?.[1] === undefined ? parseDomain(host) : undefined
  if (domain === undefined) throw wrong()
  return { host: domain, port }
}

/** `[192.0.2.1]`, `[IPv6:2001:db8::1]`: RFC 5321 §4.1.3. */
function literal(address: string): string {
  const ip = parseIp(address)
  if (ip === undefined) throw wrong()
  const text = ip.family === 4 ? `[${formatIp(ip)}]` : `[IPv6:${formatIp(ip)}]`
  if (parseAddressLiteral(text) === undefined) throw wrong()
  return text
}

function wrong(): InvalidArgumentError {
  return new InvalidArgumentError(
    'Wants a server such as mx.example.org, mx.example.org:587 or [2001:db8::1]:25.',
  )
}
