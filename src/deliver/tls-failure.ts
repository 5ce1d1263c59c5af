import type { FailureCause, Setback } from '../smtp/client-types.ts'
import { describeReply } from '../smtp/reply.ts'

/** Ways in which a server does not answer. */
const brokenWords: Partial<Record<FailureCause, string>> = {
  connectionLost: 'the server hung up instead of answering',
  timeout: 'the server did not answer in time',
  malformedReply: 'the server answered with nonsense',
}

/**
 * In words, how TLS ended a session that failed before mail could be sent; `undefined` when it was
 * not TLS that did.
 */
export function describeTlsFailure(
  { because, atCommand, reply }: Setback,
  seen: {
    /** What went wrong in it, when it is neither missing nor done. */
    readonly handshake: TlsHandshake
    /** Why the connection was closed, when the system has said so. */
    readonly closedBecause: string | undefined
  },
): string | undefined {
  if (because === 'brokenOff') return undefined
  if (seen.handshake.type === 'failed') return seen.handshake.problem
  if (atCommand === 'STARTTLS' && reply !== null) {
    return `STARTTLS was refused with "${describeReply(reply)}"`
  }
  const how = because === 'reply' ? undefined : brokenWords[because]
  if (how === undefined) return undefined
  if (atCommand === 'STARTTLS') return `${how} to STARTTLS`
  if (seen.handshake.type === 'none') return undefined
  const why = seen.closedBecause === undefined ? '' : ` (${seen.closedBecause})`
  return `the handshake was done, and then ${how} to ${atCommand}${why}`
}

/** What became of the handshake. */
export type TlsHandshake =
  | { readonly type: 'none' }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly problem: string }
