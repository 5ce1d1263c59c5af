import { actionsFor } from '../message/acts.ts'
import type { Row, Session } from '../types.ts'

/** Something that can be done with several messages at once. */
export interface Verb {
  readonly verb: 'retry' | 'hold' | 'release' | 'drop' | 'delete'
  readonly name: string
  readonly path: string
  /** Asked before it is done: what cannot be undone. */
  readonly sure?: (what: string) => string
}

const queue: readonly Verb[] = (
  [
    { verb: 'retry', name: 'Try now' },
    { verb: 'hold', name: 'Hold' },
    { verb: 'release', name: 'Release' },
    {
      verb: 'drop',
      name: 'Give up',
      sure: (what: string) => `Give up ${what}? The senders are told; it is not tried again.`,
    },
  ] as const
).map((one) => ({ ...one, path: '/v1/queue/actions' }))

const remove: Verb = {
  verb: 'delete',
  name: 'Delete',
  path: '/v1/messages/delete',
  sure: (what) => `Delete ${what} from the mailboxes? The journeys stay.`,
}

/** What can be done there: real mail is its owner's to delete, what waits in a catcher is nothing. */
export function verbs(mode: Session['mode'] | undefined): readonly Verb[] {
  if (mode === 'catch') return [remove]
  return mode === 'lab' ? [...queue, remove] : queue
}

const filed = /^(delivered|caught|quarantined|partly)/

/** Of the chosen rows those with which it can be done. */
export function fitting(rows: readonly Row[], { verb }: Verb): readonly Row[] {
  return rows.filter((row) => {
    if (verb === 'delete') return row.direction === 'in' && filed.test(row.status)
    return actionsFor(row).some((one) => one.verb === verb)
  })
}
