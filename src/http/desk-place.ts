import type { Context } from 'hono'
import type { Actor } from '../desk/act.ts'
import type { ApiEnv } from './api-types.ts'

export type { DeskPlace } from '../desk/named.ts'

/** Who asks, as acts name them. */
export function actorOf(c: Context<ApiEnv>): Actor {
  return { by: c.get('visitor').who, door: 'http', why: '' }
}
