import type { Row } from '../types.ts'

/** Something that can be done with a message that waits. */
export interface Action {
  readonly name: string
  readonly verb: 'retry' | 'hold' | 'release' | 'drop'
  /** Asked before it is done: what cannot be undone. */
  readonly sure?: string
}

const waiting: readonly Action[] = [
  { name: 'Try now', verb: 'retry' },
  { name: 'Hold', verb: 'hold' },
  {
    name: 'Give up',
    verb: 'drop',
    sure: 'Give up 1 message? Its sender is told; it is not tried again.',
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
