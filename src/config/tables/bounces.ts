import { z } from 'zod'
import { parseDomain } from '../../address/domain.ts'
import { parseMailbox } from '../../address/mailbox.ts'

/** The table `[bounces]`. */
export interface BouncesSettings {
  readonly verp: readonly string[]
  readonly envelope_id: boolean
}

function isSender(text: string): boolean {
  return text === '*' || parseMailbox(text).ok || parseDomain(text) !== undefined
}

/** Its schema. */
export const bounces: z.ZodObject & z.ZodType<BouncesSettings> = z.strictObject({
  verp: z
    .array(
      z.string().refine(isSender, 'must be an address, a domain, or "*" for all of your senders'),
    )
    .default([])
    .describe(
      'Senders (addresses, domains, or "*") whose letters leave with a reverse-path for each recipient (VERP), so that every report that comes back is known.',
    ),
  envelope_id: z
    .boolean()
    .default(false)
    .describe('Letters whose sender gave no ENVID get one, which reports of many servers return.'),
})
