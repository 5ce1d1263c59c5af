import type { DsnRequest } from '../store/ports/post.ts'

/** A copy for another server, or for a mailbox of ours that waits. */
export interface WayOut {
  readonly recipient: string
  readonly destination: string
  readonly dsn: DsnRequest
  /** For a mailbox of ours, which gets one copy however many addresses lead to it. */
  readonly once: boolean
  /** Header fields of this copy alone. */
  readonly above: string
  /** Another than the letter's own. */
  readonly reversePath?: string
}

/** One copy for each mailbox of ours, and for each address elsewhere that is to hear the same of it. */
export function joined(ways: readonly WayOut[]): readonly WayOut[] {
  const copies = new Map<string, WayOut>()
  for (const way of ways) {
    const { recipient, once, reversePath = '', above } = way
    const { rcptTo, ...wishes } = way.dsn
    const key = once ? recipient : JSON.stringify([recipient, reversePath, wishes])
    const first = copies.get(key)
    if (first === undefined) copies.set(key, way)
    else if (!once && rcptTo !== undefined && !namesIn(first.dsn).includes(rcptTo)) {
      const alsoRcptTo = [...(first.dsn.alsoRcptTo ?? []), rcptTo]
      const dsn = { ...first.dsn, alsoRcptTo }
      copies.set(key, { ...first, dsn, above: first.above + above })
    }
  }
  return Array.from(copies.values())
}

function namesIn({ rcptTo, alsoRcptTo = [] }: DsnRequest): readonly string[] {
  return rcptTo === undefined ? alsoRcptTo : [rcptTo, ...alsoRcptTo]
}
