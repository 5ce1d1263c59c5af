import { z } from 'zod'
import { parseDomain } from '../../address/domain.ts'
import { formatMailbox, parseMailbox } from '../../address/mailbox.ts'
import { bad, ok, type Result } from '../../base/result.ts'
import { read } from '../setting-values.ts'
import { sourceName } from './source.ts'

/** One table `[[sender]]`: how much goes out for some senders. */
export interface SenderSettings {
  /** Addresses, and domains in A-labels. */
  readonly addresses: string[]
  readonly accounts: string[]
  readonly per_minute?: number | undefined
  readonly per_hour?: number | undefined
  readonly pool?: string | undefined
}

const count = z.int().min(1)

/** One table `[[sender]]`. */
export const sender: z.ZodObject & z.ZodType<SenderSettings> = z.strictObject({
  addresses: z
    .array(read(addressOrDomain))
    .default([])
    .describe('Addresses of MAIL FROM, or whole domains, that share what this table allows.'),
  accounts: z
    .array(read(accountOrOther))
    .default([])
    .describe(
      'Accounts that share it, whatever they send as; also "user www-data" (waybill sendmail) and "network 192.168.1.20" (submission.trusted_networks).',
    ),
  per_minute: count
    .optional()
    .describe('Most letters that go out in any minute; one for each recipient.'),
  per_hour: count
    .optional()
    .describe('Most letters that go out in any hour; one for each recipient.'),
  pool: sourceName.optional().describe('The pool of `[[source]]` that their mail goes from.'),
})

/** An account, or what letters count under that come without a log-in. */
function accountOrOther(text: string): Result<string> {
  if (/^(?:user|network) \S+$/.test(text)) return ok(text)
  const address = parseMailbox(text)
  if (address.ok) return ok(formatMailbox(address.value))
  return bad('is no account, such as "you@example.com", "user www-data" or "network 192.168.1.20"')
}

function addressOrDomain(text: string): Result<string> {
  const domain = parseDomain(text.startsWith('@') ? text.slice(1) : text)
  if (domain !== undefined) return ok(domain)
  const address = parseMailbox(text)
  if (address.ok) return ok(formatMailbox(address.value))
  return bad('is neither an address nor a domain, such as "news@example.com" or "example.com"')
}
