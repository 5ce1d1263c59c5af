import type { JourneyBuilder } from '../journey/builder.ts'
import type { KnownTls } from '../transport/memory.ts'
import { beforeOf } from './tls-told.ts'

/**
 * Opportunistic TLS (RFC 7435 §3): where nothing is demanded, TLS that fails, at whatever point between
 * our STARTTLS and the answer to the EHLO behind it, is followed by clear text once, over a new
 * connection. The journey says so, with why it failed; a failure in clear text brings its own lines.
 *
 * @param first  what came of the connection with TLS; without `tlsFailed` it stands
 * @param told.before  what the host had before
 * @param again  speaks in clear text; not called where `told.goesOn` says no
 */
export async function orInClearText<
  First extends { readonly tlsFailed?: string | undefined },
  Again,
>(
  first: First,
  told: {
    readonly host: string
    readonly log: JourneyBuilder
    readonly before?: KnownTls | undefined
    readonly goesOn?: () => boolean
  },
  again: () => Promise<Again>,
): Promise<First | Again> {
  const { host, log, goesOn = () => true } = told
  if (first.tlsFailed === undefined) return first
  const problem = `TLS was offered and failed: ${first.tlsFailed}`
  log.step({ type: 'peer-no-tls', host, problem, ...beforeOf(told) }, log.begin())
  return goesOn() ? await again() : first
}
