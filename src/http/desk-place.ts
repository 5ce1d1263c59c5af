import type { Context } from 'hono'
import type { Actor } from '../desk/act.ts'
import type { ApiEnv } from './api-types.ts'

export type { DeskPlace } from '../desk/named.ts'

/** Who asks, as acts name them, and why. */
export function actorOf(c: Context<ApiEnv>, why = ''): Actor {
  return { by: c.get('visitor').who, door: 'http', why }
}
