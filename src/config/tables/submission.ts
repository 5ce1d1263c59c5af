import { z } from 'zod'
import { parseNetwork } from '../../base/ip.ts'
import { isOwnRange, plainNetwork } from '../../base/ip-ranges.ts'
import { network } from '../setting-values.ts'

/** One table `[submission]`. */
export interface SubmissionSettings {
  readonly trusted_networks: string[]
  readonly trusted_any_sender: boolean
}

/** Wider ones are a large part of the internet, and nobody's own. */
const widest = { 4: 8, 6: 20 } as const

/** A network whose machines may send without a log-in. */
const trustedNetwork = network.refine(
  (text) => {
    const read = parseNetwork(text)
    // What is no network is told by `network`.
    if (read === undefined) return true
    const { ip, prefixLength } = plainNetwork(read)
    return isOwnRange(read) || prefixLength >= widest[ip.family]
  },
  {
    error:
      'would let a large part of the internet send through this server (an open relay); name the machines that you know, such as "192.168.1.20"',
  },
)

/** Who may send without a log-in. */
export const submission: z.ZodObject & z.ZodType<SubmissionSettings> = z.strictObject({
  trusted_networks: z
    .array(trustedNetwork)
    .default([])
    .describe(
      'Addresses and networks of machines that cannot log in, such as "192.168.1.20": what they send, on port 25 or 587, goes out as a submission. `0.0.0.0/0` is refused.',
    ),
  trusted_any_sender: z
    .boolean()
    .default(false)
    .describe(
      'Whether these machines may write in the name of other domains than yours; else only in those of your domains.',
    ),
})
