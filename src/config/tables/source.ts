import { z } from 'zod'
import { formatIp, parseIp, unmapIp } from '../../base/ip.ts'
import { bad, ok, type Result } from '../../base/result.ts'
import { defaultPool } from '../../source/source.ts'
import { usualWarmUp } from '../../source/warm-up.ts'
import { domain, read } from '../setting-values.ts'

/** One table `[[source]]`: an address of this machine that mail goes out from. */
export interface SourceSettings {
  readonly name: string
  /** In canonical form. */
  readonly addresses: string[]
  readonly hostname?: string | undefined
  readonly pool: string
  readonly weight: number
  /** `2026-12-01`. */
  readonly warmup_from?: string | undefined
  readonly warmup_per_day: number[]
}

/** The name of a source or of a pool. */
export const sourceName: z.ZodString = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?$/, 'is no name: small letters, digits and . _ -')

/** One table `[[source]]`. */
export const source: z.ZodObject & z.ZodType<SourceSettings> = z.strictObject({
  name: sourceName.describe('Its name, as journeys and commands have it: "news-1".'),
  addresses: z
    .array(read(address))
    .min(1, 'needs an address of this machine')
    .describe('An IPv4 address of this machine, an IPv6 address, or one of both.'),
  hostname: domain
    .optional()
    .describe(
      'Its name in EHLO, which must lead to these addresses; the name of this server when absent.',
    ),
  pool: sourceName
    .default(defaultPool)
    .describe(
      'The pool that it belongs to; `[[sender]]` and `[[destination]]` say what goes from a pool, and all else goes from "default".',
    ),
  weight: z
    .int()
    .min(1)
    .max(1000)
    .default(1)
    .describe('Its share of what goes from its pool: with 2 twice as much as with 1.'),
  warmup_from: z
    .string()
    .refine(isDay, 'is no day, such as "2026-12-01"')
    .optional()
    .describe('First day (UTC) of a new address; nothing goes from it before.'),
  warmup_per_day: z
    .array(z.int().min(1))
    .min(1, 'needs a number for the first day')
    .max(366, 'has more than 366 days')
    .default(Array.from(usualWarmUp))
    .describe(
      'Most letters on that day, on the next one, and so on, one for each recipient; then any number.',
    ),
})

function address(text: string): Result<string> {
  const ip = parseIp(text)
  return ip === undefined ? bad('is not an IP address') : ok(formatIp(unmapIp(ip)))
}

/** A day that there is: not the 30th of February. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const at = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}
