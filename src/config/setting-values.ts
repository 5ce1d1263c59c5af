import { z } from 'zod'
import { parseDomain } from '../address/domain.ts'
import { formatMailbox, parseMailbox } from '../address/mailbox.ts'
import { parseIp, parseNetwork } from '../base/ip.ts'
import type { Result } from '../base/result.ts'
import { isPasswordHash } from '../io/password.ts'

/*
 * What may stand as the value of a setting. Texts are read once, here: what the program gets is the
 * one form that it compares and asks with.
 */

/** A domain name, in A-labels and lower case. */
export const domain: z.ZodType<string> = normalized(
  parseDomain,
  'is not a domain name, such as "example.com"',
)

/** The name of a host, as browsers send it: in A-labels and lower case, without a port. */
export const hostName: z.ZodType<string> = normalized(
  parseDomain,
  'is not the name of a host, such as "console.example.com"',
)

/** A mail address, its domain as `domain`; the local part keeps its case. */
export const mailbox: z.ZodType<string> = normalized((text) => {
  const read = parseMailbox(text)
  return read.ok ? formatMailbox(read.value) : undefined
}, 'is not a mail address, such as "you@example.com"')

/** An address of the internet. */
export const ipAddress: z.ZodType<string> = z
  .string()
  .refine((text) => parseIp(text) !== undefined, { error: 'is not an IP address' })

/** An address of the internet, or a network. */
export const network: z.ZodType<string> = z
  .string()
  .refine((text) => parseNetwork(text) !== undefined, {
    error: 'is not an address or a network, such as "192.0.2.0/24" or "2001:db8::/32"',
  })

/** Where a DNS server listens. */
export const serverPlace: z.ZodType<string> = z.string().refine(
  (text) => {
    const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text)
    const placePort = Number(match?.[3] ?? 53)
    const possible = placePort >= 1 && placePort <= 65_535
    return possible && parseIp(match?.[1] ?? match?.[2] ?? '') !== undefined
  },
  { error: 'is not an address with an optional port, such as "127.0.0.1:53" or "[::1]:53"' },
)

/** A hash that a password can be checked against. */
export const passwordHash: z.ZodType<string> = z
  .string()
  .refine(isPasswordHash, { error: 'is not a hash made by `waybill account hash`' })

/** A port of TCP; 0 lets the system choose. */
export const port: z.ZodInt = z
  .int()
  .min(0, 'is not a port: 0 to 65535')
  .max(65_535, 'is not a port: 0 to 65535')

/** A time in seconds. */
export const seconds: z.ZodInt = z.int().min(1, 'must be at least 1 second')

/** A time in days. */
export const days: z.ZodInt = z
  .int()
  .min(1, 'must be at least 1 day')
  .max(36_500, 'must be at most 36500 days')

/** What a reader makes of a text; the problem is told in the reader's words. */
export function read<T>(reader: (text: string) => Result<T>): z.ZodType<T> {
  return z.string().transform((text, context) => {
    const value = reader(text)
    if (value.ok) return value.value
    context.addIssue({ code: 'custom', message: value.problem })
    return z.NEVER
  })
}

function normalized(read: (text: string) => string | undefined, error: string): z.ZodType<string> {
  return z.string().transform((text, context) => {
    const value = read(text)
    if (value !== undefined) return value
    context.addIssue({ code: 'custom', message: error })
    return z.NEVER
  })
}
