import { WaybillError } from '../base/error.ts'
import type { ActPort } from '../store/ports/acts.ts'
import { type Actor, type Operation, perform } from './act.ts'

/** A desk, and where it is written down what was done there. */
export interface DeskPlace<Desk> {
  readonly desk: Desk
  readonly acts: Pick<ActPort, 'put'>
  readonly now: () => number
}

/** An operation, whatever it takes and gives. */
export type Named<Desk> = (
  place: DeskPlace<Desk>,
  asked: { readonly input: unknown; readonly actor: Actor },
) => Promise<unknown>

/** An operation by its name. */
export function named<Part, Input, Result>(
  operation: Operation<Part, Input, Result>,
): readonly [string, Named<Part>] {
  return [operation.name, (place, asked) => perform(operation, place, asked)]
}

/**
 * Does what is asked by name.
 *
 * @throws WaybillError `usage` for a name that is none, and what the operation says
 */
export function performByName<Desk>(
  operations: ReadonlyMap<string, Named<Desk>>,
  place: DeskPlace<Desk>,
  asked: { readonly operation: string; readonly input: unknown; readonly actor: Actor },
): Promise<unknown> {
  const operation = operations.get(asked.operation)
  if (operation !== undefined) return operation(place, asked)
  throw new WaybillError('usage', `The server does not know "${asked.operation}".`, {
    hint: 'A lab, a catcher and a server of your own do different things; or it is of another version.',
  })
}
