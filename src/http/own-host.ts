import { parseIp } from '../base/ip.ts'

/**
 * Whether `Host` is a name of this server. A page of somebody else whose name was made to lead here
 * (DNS rebinding) asks by its own name. Addresses are nobody's name.
 *
 * @param host as the request has it, with or without a port
 */
export function isOwnHost(host: string, names: readonly string[]): boolean {
  const [, bracketed, plain] = /^(?:\[([\da-f:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/i.exec(host) ?? []
  const name = (bracketed ?? plain ?? '').toLowerCase()
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  return parseIp(name) !== undefined || names.includes(name)
}
