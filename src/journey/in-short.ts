import type { JourneyRecord } from './record.ts'

/** What lists show and searches look for of a record, beside its words. */
export interface InShort {
  /** Octets of the message; `undefined`: none came. */
  readonly octets: number | undefined
  /** From its beginning to the end of the step that ended last. */
  readonly tookMs: number
  /** The version of TLS that was last spoken; `undefined`: none. */
  readonly tls: string | undefined
  /** The mailbox that all copies here were filed in; `undefined`: none, or not one for all. */
  readonly mailbox: string | undefined
}

/** Reads it out of the steps. */
export function inShort({ startedAt, steps }: Pick<JourneyRecord, 'startedAt' | 'steps'>): InShort {
  let octets: number | undefined
  let tls: string | undefined
  let tookMs = 0
  const mailboxes = new Set<string>()
  for (const step of steps) {
    tookMs = Math.max(tookMs, step.startedAt + step.durationMs - startedAt)
    if (step.type === 'message') octets ??= step.octets
    if (step.type === 'tls' || step.type === 'peer-tls') tls = step.protocol
    if (step.type === 'filed') mailboxes.add(step.mailbox)
  }
  const [mailbox] = mailboxes.size === 1 ? mailboxes : []
  return { octets, tookMs, tls, mailbox }
}
