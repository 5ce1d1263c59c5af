import { WaybillError } from '../base/error.ts'
import type { ActPort } from '../store/ports/acts.ts'

/**
 * By which door somebody came; `server`: it did so by itself. The words are part of `waybill audit`.
 */
export type Door = 'command line' | 'control socket' | 'http' | 'signal' | 'server'

/** Who does something, by which door, and why. */
export interface Actor {
  readonly by: string
  readonly door: Door
  /** Empty when no reason was given. */
  readonly why: string
}

/**
 * One thing that people may do, whatever the door.
 *
 * @template Part what of the desk it needs
 */
export interface Operation<Part, Input, Result> {
  /** Its name at the control socket and in the audit. */
  readonly name: string
  /**
   * Plain data as input.
   *
   * @throws WaybillError `usage` when it is none
   */
  read(input: unknown): Input
  run(desk: Part, input: Input, actor: Actor): Promise<Result>
  /** What the audit tells beside the name; absent for what only looks, `undefined` for no act yet. */
  readonly tell?: (input: Input, result: Result) => Readonly<Record<string, unknown>> | undefined
}

/**
 * Does it, and leaves an act where something was done.
 *
 * @throws WaybillError what the operation says
 */
export async function perform<Part, Input, Result>(
  operation: Operation<Part, Input, Result>,
  context: {
    readonly desk: Part
    readonly acts: Pick<ActPort, 'put'>
    readonly now: () => number
  },
  asked: { readonly input: unknown; readonly actor: Actor },
): Promise<Result> {
  const { desk, acts, now } = context
  const { actor } = asked
  const input = operation.read(asked.input)
  const result = await operation.run(desk, input, actor)
  const detail = operation.tell?.(input, result)
  if (detail !== undefined) {
    const { by: who, door, why } = actor
    await acts.put({ at: now(), who, door, what: operation.name, why, detail })
  }
  return result
}

/** What is thrown for input that is not what an operation wants. */
export function notMeant(operation: string, wanted: string): WaybillError {
  return new WaybillError('usage', `"${operation}" wants ${wanted}.`)
}

/** A member of a plain object; `undefined` of anything else. */
export function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}

/** A member that must be text. */
export function textMember(operation: string, value: unknown, name: string): string {
  const found = member(value, name)
  if (typeof found === 'string' && found !== '') return found
  throw notMeant(operation, `"${name}" as text`)
}
