/**
 * What an address has that RFC 5321 does not allow and real mail has: more than 64 octets before the
 * `@` (§4.5.3.1.1), dots that part nothing (§4.1.2), an underscore in the domain, a dot at its end.
 * None of them leaves open which mailbox is meant.
 */
export type AddressRemark = 'long-local-part' | 'odd-dots' | 'underscore' | 'trailing-dot'

/** The same of a path as MAIL and RCPT have it: also how it stands in the command (§3.3, §4.1.2). */
export type PathRemark = AddressRemark | 'space-before-path' | 'no-brackets'

const problems: Readonly<Record<PathRemark, string>> = {
  'long-local-part': 'the local part is longer than 64 octets',
  'odd-dots': 'a dot of the local part has nothing before or behind it',
  underscore: 'the domain has an underscore',
  'trailing-dot': 'the domain ends with a dot',
  'space-before-path': 'a space stands before the address',
  'no-brackets': 'the address stands without angle brackets',
}

/** The remark as a sentence without its full stop, for whoever holds to the letter of RFC 5321. */
export function remarkText(remark: PathRemark): string {
  return problems[remark]
}
