import type { Context } from 'hono'
import type { Actor } from '../desk/act.ts'
import type { ActPort } from '../store/ports/acts.ts'
import type { ApiEnv } from './api-types.ts'

/** A part of a desk, and where it is written down what was done there. */
export interface DeskPlace<Part> {
  readonly desk: Part
  readonly acts: Pick<ActPort, 'put'>
  readonly now: () => number
}

/** Who asks, as acts name them. */
export function actorOf(c: Context<ApiEnv>): Actor {
  return { by: c.get('visitor').who, door: 'http', why: '' }
}
