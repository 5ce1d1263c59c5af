import type { SendingNow } from '../deliver/being-sent.ts'
import { member, notMeant, type Operation } from './act.ts'

/** Where an item of the queue is, as the running server knows it. Plain JSON. */
export interface ItemTurn {
  readonly queueId: string
  readonly at: TurnNow
}

/**
 * How far it has come; `place`: the server has taken it, and it waits for a place; `elsewhere`: the
 * server has not taken it, so it waits in the store.
 */
export type TurnNow = SendingNow | 'place' | 'elsewhere'

/** What the desk needs to say where letters are. */
export interface TurnsPart {
  /** Of each of these items. */
  turns(queueIds: readonly string[]): readonly ItemTurn[]
}

/** Asked by `waybill why`: which of these items are being sent now, and how far they have come. */
export const queueTurns: Operation<TurnsPart, readonly string[], readonly ItemTurn[]> = {
  name: 'queue turns',
  read: (input) => {
    const items = member(input, 'items')
    if (Array.isArray(items)) return items.map(String)
    throw notMeant('queue turns', '"items", a list of ids')
  },
  run: (desk, items) => Promise.resolve(desk.turns(items)),
}
