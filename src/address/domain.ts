import tr46 from 'tr46'

/** A domain name as mail uses it: A-labels, lower case, no trailing dot. Made by `parseDomain`. */
export type Domain = string & { readonly __brand: 'Domain' }

const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/**
 * Reads a domain name, ASCII or U-labels (RFC 5890), into its A-label form in lower case. One
 * trailing dot is dropped. `undefined` for an empty name, an empty label, one over 63 octets, a name
 * over 253, or characters that no host or service name has. Underscores are let through, because
 * `_dmarc` and `_domainkey` are names too.
 */
export function parseDomain(text: string): Domain | undefined {
  const name = text.endsWith('.') ? text.slice(0, -1) : text
  if (name === '' || name.length > 1024) return undefined
  const ascii = toAscii(name)
  if (ascii === undefined || ascii.length > 253) return undefined
  for (const part of ascii.split('.')) if (!label.test(part)) return undefined
  return ascii as Domain
}

function toAscii(name: string): string | undefined {
  if (/^[\x21-\x7e]+$/.test(name)) return name.toLowerCase()
  // Never URL-style host parsing, which would read '1.2' as an address and '%41' as 'A'.
  return (
    tr46.toASCII(name, { useSTD3ASCIIRules: false, checkJoiners: true, checkBidi: true }) ??
    undefined
  )
}

/** For showing: U-labels where they are valid, the A-label where not. */
export function displayDomain(domain: string): string {
  if (!domain.includes('xn--')) return domain
  const { domain: unicode, error } = tr46.toUnicode(domain)
  return error ? domain : unicode
}

/** Whether `name` is `ancestor` or lies below it; both as `parseDomain` gives them. */
export function isWithin(name: string, ancestor: string): boolean {
  return name === ancestor || name.endsWith(`.${ancestor}`)
}
