import { octetsOf } from '../base/octets.ts'
import { decodeUtf8 } from '../base/utf8.ts'
import { AddressListReader } from './address-list-reader.ts'
import { AddressScanner } from './address-scanner.ts'
import type { AddressList } from './listed-mailbox.ts'

export type { AddressError, AddressProblem, ObsoleteSyntax } from './address-problem.ts'
export type { AddressList, ListedMailbox } from './listed-mailbox.ts'

export interface AddressListOptions {
  /** Further mailboxes are dropped with the problem `too-many-mailboxes`. 500,000 by default. */
  readonly maxMailboxes?: number
  /** `text` says that the value is decoded already; by default that shows only above U+00FF. */
  readonly form?: 'octets' | 'text'
}

/**
 * Reads the addresses of a header field. RFC 5322 §3.4 with the obsolete forms of §4.4, RFC 6532.
 *
 * Never fails: what breaks the grammar is passed over and named in `problems`, and every address
 * that a reader might see is listed, so that no trick of syntax can hide a domain. Time and memory
 * grow with the length of the value and no faster.
 *
 * @param value the value of the field, with its folds or unfolded: an octet string, whose octets
 *   outside ASCII are UTF-8, or text
 */
export function parseAddressList(value: string, options: AddressListOptions = {}): AddressList {
  const given = { text: value, isUtf8: true }
  const { text, isUtf8 } = options.form === 'text' ? given : textOf(value)
  const scan = new AddressScanner(text)
  if (!isUtf8) scan.error('not-utf8', 0)
  return new AddressListReader(scan, options.maxMailboxes ?? 500_000).read()
}

function textOf(value: string): { text: string; isUtf8: boolean } {
  let highest = 0
  for (let i = 0; i < value.length; i++) highest |= value.charCodeAt(i)
  if (highest < 128 || highest > 255) return { text: value, isUtf8: true }
  const decoded = decodeUtf8(octetsOf(value))
  return decoded === undefined ? { text: value, isUtf8: false } : { text: decoded, isUtf8: true }
}
