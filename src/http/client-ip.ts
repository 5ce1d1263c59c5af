import type { Context } from 'hono'
import type { ApiEnv } from './api-types.ts'

/** Where a request comes from, as text; this computer where there is no connection. */
export function clientIp(c: Context<ApiEnv>): string {
  const { incoming } = (c.env ?? {}) as { incoming?: { socket?: { remoteAddress?: string } } }
  const remote = incoming?.socket?.remoteAddress ?? '127.0.0.1'
  return remote.startsWith('::ffff:') && remote.includes('.') ? remote.slice(7) : remote
}
