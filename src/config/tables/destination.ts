import { z } from 'zod'
import { parsePattern } from '../../route/route-table.ts'
import { isTimeZone } from '../../queue/quiet-hours.ts'
import { read } from '../setting-values.ts'
import { sourceName } from './source.ts'

/** One table `[[destination]]`: how much goes to some destinations, and when. */
export interface DestinationSettings {
  /** As `parsePattern` gives them. */
  readonly domains: string[]
  readonly mail_servers: string[]
  readonly connections?: number | undefined
  readonly per_minute?: number | undefined
  readonly per_hour?: number | undefined
  readonly quiet_from?: string | undefined
  readonly quiet_until?: string | undefined
  readonly quiet_zone: string
  readonly pool?: string | undefined
}

const hour = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'is no time of the day, such as "22:30"')
const count = z.int().min(1)

/** One table `[[destination]]`. */
export const destination: z.ZodObject & z.ZodType<DestinationSettings> = z.strictObject({
  domains: z
    .array(read(parsePattern))
    .default([])
    .describe(
      'Destinations that share what this table allows: "example.com", or "*.example.com" for all names below it; "*" is every site that no other table names, each for itself.',
    ),
  mail_servers: z
    .array(read(parsePattern))
    .default([])
    .describe('The same for all domains that these mail servers serve: "*.mail.example.com".'),
  connections: count.optional().describe('Most connections to them at once.'),
  per_minute: count
    .optional()
    .describe('Most letters to them in any minute; one for each recipient.'),
  per_hour: count.optional().describe('Most letters to them in any hour; one for each recipient.'),
  quiet_from: hour.optional().describe('From this time of the day on nothing is delivered there.'),
  quiet_until: hour.optional().describe('Up to this time, on the next day when it is earlier.'),
  quiet_zone: z
    .string()
    .refine(isTimeZone, 'is no time zone, such as "Europe/Berlin"')
    .default('UTC')
    .describe('The time zone of both.'),
  pool: sourceName
    .optional()
    .describe('The pool of `[[source]]` that mail to them goes from, where its sender has none.'),
})
