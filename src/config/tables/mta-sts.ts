import { z } from 'zod'

/** The table `[mta_sts]`. */
export interface MtaStsSettings {
  readonly enabled: boolean
}

/** Its schema. */
export const mtaSts: z.ZodObject & z.ZodType<MtaStsSettings> = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe(
      'Ask each domain for its MTA-STS policy (RFC 8461) before mail goes there, and obey it.',
    ),
})
