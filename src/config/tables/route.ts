import { z } from 'zod'
import { type NextHop, parseNextHop } from '../../route/next-hop.ts'
import { parsePattern } from '../../route/route-table.ts'
import { read } from '../setting-values.ts'

/** One table `[[route]]`: a server that takes mail for some destinations, in place of their MX. */
export interface RouteSettings {
  /** As `parsePattern` gives them. */
  readonly domains: string[]
  readonly via: NextHop
  readonly username?: string | undefined
  readonly password_file?: string | undefined
  readonly tls?: 'opportunistic' | 'required' | 'verified' | undefined
}

/** One table `[[route]]`. */
export const route: z.ZodObject & z.ZodType<RouteSettings> = z.strictObject({
  domains: z
    .array(read(parsePattern))
    .min(1, 'needs at least one domain, or "*"')
    .describe(
      'Destinations: "example.com", "*.example.com" for all names below it, or "*" for all.',
    ),
  via: read(parseNextHop).describe(
    'The server that takes their mail: "smtp://host:587", "smtps://host", "lmtp://host:24" or "lmtp:/path/of/socket".',
  ),
  username: z
    .string()
    .min(1, 'is empty')
    .max(255, 'is longer than 255 characters')
    .optional()
    .describe('Name to log in with there; needs a password file.'),
  password_file: z
    .string()
    .min(1, 'is empty')
    .optional()
    .describe('File with the password, which only its owner may read; read again on SIGHUP.'),
  tls: z
    .enum(['opportunistic', 'required', 'verified'])
    .optional()
    .describe(
      'What TLS must come to: `opportunistic` takes what is offered, `required` any certificate, `verified` one that holds for the host. Absent: `verified` with a login, else `opportunistic`.',
    ),
})
