import { z } from 'zod'

/** The table `[suppression]`. */
export interface SuppressionSettings {
  readonly after_refusals: number
  readonly days: number
  readonly complaints: boolean
}

/** Its schema. */
export const suppression: z.ZodObject & z.ZodType<SuppressionSettings> = z.strictObject({
  after_refusals: z
    .int()
    .min(0)
    .max(100)
    .default(2)
    .describe(
      'An address gets nothing more when its server refused it for good on so many days; 0: never by itself.',
    ),
  days: z.int().min(1).max(3650).default(180).describe('How long that lasts.'),
  complaints: z
    .boolean()
    .default(true)
    .describe('An address whose owner complained (ARF) gets nothing more, until it is removed.'),
})
