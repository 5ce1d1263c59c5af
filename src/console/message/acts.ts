import type { Row } from '../types.ts'

/** Something that can be done with a message that waits. */
export interface Action {
  readonly name: string
  readonly verb: 'retry' | 'hold' | 'release' | 'bounce' | 'drop'
  /** Asked before it is done: what cannot be undone. */
  readonly sure?: string
  /** What is posted with it. */
  readonly body?: Readonly<Record<string, unknown>>
}

const waiting: readonly Action[] = [
  { name: 'Try now', verb: 'retry' },
  { name: 'Hold', verb: 'hold' },
  {
    name: 'Give up',
    verb: 'bounce',
    sure: 'Give up 1 message? Its sender is told; it is not tried again.',
  },
  {
    name: 'Drop silently',
    verb: 'drop',
    sure: 'Drop 1 message? Nobody is told; it is not tried again.',
    body: { tell_sender: false },
  },
]

const held: readonly Action[] = [
  { name: 'Release', verb: 'release' },
  ...waiting.filter(({ verb }) => verb !== 'hold'),
]

/** What can be done with a message as it is now. */
export function actionsFor({
  status,
  direction,
  outcome,
}: Pick<Row, 'status' | 'direction' | 'outcome'>): readonly Action[] {
  if (status === 'held' || outcome.word === 'held') return held
  if (direction === 'in') return []
  return /^(queued|deferred|partly)/.test(status) ? waiting : []
}

/** An account takes its own letter back, and knows of it without a notice. */
const takeBack: Action = {
  name: 'Take back',
  verb: 'drop',
  sure: 'Take 1 message back? It is not tried again; who has it already keeps it.',
  body: { tell_sender: false },
}

/** What who is here may do of it: all, who manages the server; an account takes it back. */
export function allowedOf(
  actions: readonly Action[],
  may: { readonly manage: boolean; readonly own: boolean },
): readonly Action[] {
  if (may.manage) return actions
  return may.own && actions.some(({ verb }) => verb === 'drop') ? [takeBack] : []
}
