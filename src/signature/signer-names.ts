/** Where a signer publishes its key. */

import { type Domain, parseDomain } from '../address/domain.ts'
import { WaybillError } from '../base/error.ts'
import { keyName } from './key-lookup.ts'

/** As text without the dot at the end (RFC 1035 §2.3.4). */
const maxNameLength = 253

/**
 * Checks `d=` and `s=` of a signature that is to be made; U-labels become A-labels (RFC 8616 §4).
 *
 * @param act what the domain is to do, for the sentence
 * @throws WaybillError `usage`, when one of them is no name, or no record can have theirs
 */
export function checkSignerNames(
  names: { readonly domain: string; readonly selector: string },
  act: 'sign' | 'seal',
): { readonly domain: Domain; readonly selector: Domain } {
  const domain = parseDomain(names.domain)
  // RFC 6376 §3.5, d=: a domain name has two labels at least; verifiers would refuse one.
  if (domain === undefined || !domain.includes('.')) {
    throw new WaybillError('usage', `"${names.domain}" is not a domain that can ${act}.`)
  }
  const selector = parseDomain(names.selector)
  if (selector === undefined) {
    throw new WaybillError('usage', `"${names.selector}" is not a selector.`)
  }
  const name = keyName(selector, domain)
  if (name.length > maxNameLength) {
    const text = `The key's name has ${name.length} characters, and DNS takes ${maxNameLength}: ${name}`
    throw new WaybillError('usage', `${text}. Choose a shorter selector.`)
  }
  return { domain, selector }
}
