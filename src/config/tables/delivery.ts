import { z } from 'zod'
import { parsePattern } from '../../route/route-table.ts'
import { domain, read } from '../setting-values.ts'

/** The table `[delivery]`. */
export interface DeliverySettings {
  readonly dane: boolean
  readonly encrypted_to: string[]
  readonly verified_to: string[]
  readonly tls_memory: 'note' | 'refuse'
  /** As `parsePattern` gives them. */
  readonly no_chunking_to: string[]
}

/** Its schema. */
export const delivery: z.ZodObject & z.ZodType<DeliverySettings> = z.strictObject({
  dane: z
    .boolean()
    .default(true)
    .describe(
      'Hold servers to their TLSA records (DANE, RFC 7672); only what a resolver proves that is trusted with it (`dns.trust_ad`) counts.',
    ),
  encrypted_to: z
    .array(domain)
    .default([])
    .describe('Destinations that mail goes to by TLS or not at all, whatever they publish.'),
  verified_to: z
    .array(domain)
    .default([])
    .describe(
      'Destinations whose servers must also have a certificate that is trusted and has their name.',
    ),
  tls_memory: z
    .enum(['note', 'refuse'])
    .default('note')
    .describe(
      'When a server that had TLS before offers none: say so and go on in clear text, or keep the mail back.',
    ),
  no_chunking_to: z
    .array(read(parsePattern))
    .default([])
    .describe(
      'Destinations that get letters by DATA also where BDAT is offered (CHUNKING, RFC 3030): "example.com", "*.example.com", or "*" for all.',
    ),
})
