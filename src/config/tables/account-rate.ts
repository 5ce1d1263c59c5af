import { z } from 'zod'

/** The table `[account_rate]`. */
export interface AccountRateSettings {
  readonly hold: boolean
  readonly factor: number
  readonly least_per_hour: number
  readonly least_per_day: number
  readonly new_days: number
  readonly release_hours: number
  readonly exempt: string[]
}

const recipients = z.int().min(1)

/** Its schema. */
export const accountRate: z.ZodObject & z.ZodType<AccountRateSettings> = z.strictObject({
  hold: z
    .boolean()
    .default(true)
    .describe(
      'Learn what each account usually sends to other servers, and hold what goes far above it: a password may be stolen.',
    ),
  factor: z
    .number()
    .min(1)
    .max(1000)
    .default(5)
    .describe('How many times what it usually sends is too much.'),
  least_per_hour: recipients
    .default(200)
    .describe('Recipients in an hour that are never too much, whatever is usual.'),
  least_per_day: recipients
    .default(1000)
    .describe('Recipients in a day that are never too much, whatever is usual.'),
  new_days: z
    .int()
    .min(0)
    .max(365)
    .default(14)
    .describe(
      'What is usual is learnt for so long; until then it counts as least_per_hour and least_per_day at least.',
    ),
  release_hours: z
    .int()
    .min(0)
    .max(8760)
    .default(24)
    .describe('So long after it was released nothing holds an account again.'),
  exempt: z
    .array(z.string().min(1))
    .default([])
    .describe('Accounts that are never held, by their login, or as the queue names the sender.'),
})
