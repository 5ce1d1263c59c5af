import { InvalidArgumentError, Option } from 'commander'
import { parseIp } from '../base/ip.ts'

/** Readers of option values that several commands have. */

/** `--zone FILE`. */
export function zoneOption(): Option {
  return new Option('--zone <file>', 'a JSON file with the DNS to use; else the machine’s own DNS')
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
  const ms = /^\d{1,12}$/.test(text) ? Number(text) * 1000 : Date.parse(text)
  if (Number.isNaN(ms)) throw new InvalidArgumentError('Not a time such as 2026-09-01T12:00:00Z.')
  return Math.floor(ms / 1000)
}

/** The reverse-path, with or without its angle brackets. */
export function readPath(text: string): string {
  return text.startsWith('<') && text.endsWith('>') ? text.slice(1, -1) : text
}
