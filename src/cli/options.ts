import { InvalidArgumentError, Option } from 'commander'
import { type Domain, parseDomain } from '../address/domain.ts'
import { domainOf } from '../address/mailbox.ts'
import { parseIp } from '../base/ip.ts'
import { parseMoment } from '../base/moment.ts'
import type { DnsEndpoint } from '../io/stub-options.ts'

/** Readers of option values that several commands have. */

/** `--zone FILE`. */
export function zoneOption(): Option {
  return new Option('--zone <file>', 'a JSON file with the DNS to use; else the machine’s own DNS')
}

/** `--server HOST:PORT`, instead of a zone. */
export function serverOption(): Option {
  const sentence = 'a DNS server to ask, 127.0.0.1:1053 for the lab’s; else the machine’s own DNS'
  return new Option('--server <host:port>', sentence).argParser(readServer).conflicts('zone')
}

/**
 * `192.0.2.1:53`, `[2001:db8::1]:53`, an address alone for port 53, or `localhost`.
 *
 * @throws InvalidArgumentError
 */
export function readServer(text: string): DnsEndpoint {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text)
  const host = match?.[1] ?? match?.[2] ?? text
  const address = host === 'localhost' ? '127.0.0.1' : host
  const port = Number(match?.[3] ?? 53)
  if (parseIp(address) !== undefined && port >= 1 && port <= 65_535) return { address, port }
  throw new InvalidArgumentError(
    'Wants the IP address of a DNS server with its port, such as 127.0.0.1:1053.',
  )
}

/** @throws InvalidArgumentError when it is no IP address */
export function readAddress(text: string): string {
  if (parseIp(text) === undefined) throw new InvalidArgumentError('Not an IP address.')
  return text
}

/**
 * Unix seconds, from them or from `2026-09-01` or `2026-09-01T12:00:00Z`.
 *
 * @throws InvalidArgumentError
 */
export function readTime(text: string): number {
  // Our times are in UTC, and so is one without its zone.
  const moment = parseMoment(text) ?? parseMoment(`${text}Z`)
  const ms = /^\d{1,12}$/.test(text) ? Number(text) * 1000 : moment
  if (ms === undefined) throw new InvalidArgumentError('Not a time such as 2026-09-01T12:00:00Z.')
  return ms / 1000
}

/** The reverse-path, with or without its angle brackets. */
export function readPath(text: string): string {
  return text.startsWith('<') && text.endsWith('>') ? text.slice(1, -1) : text
}

/**
 * A domain, or the one behind the @ of an address.
 *
 * @throws InvalidArgumentError
 */
export function readDomain(text: string): Domain {
  const domain = parseDomain(domainOf(text))
  if (domain === undefined) throw new InvalidArgumentError('Not a domain name.')
  return domain
}

/** Words with commas or spaces between. */
export function readList(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '')
}
