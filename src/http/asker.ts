import type { Context } from 'hono'
import type { Access, Visitor } from './access.ts'
import type { ApiEnv } from './api-types.ts'
import { sessionIn } from './cookie.ts'

/** Who asks, and by what we know. */
export interface Asker {
  /** `undefined`: nobody that is known. */
  readonly visitor: Visitor | undefined
  readonly by: 'key' | 'session' | 'nothing'
}

/** Who asks: a key counts before the session that the browser may send along (RFC 6750 §2.1). */
export async function askerOf(c: Context<ApiEnv>, access: Access): Promise<Asker> {
  const key = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
  if (key !== undefined) return { visitor: await access.byKey(key), by: 'key' }
  const token = sessionIn(c.req.header('cookie'))
  const visitor = token === undefined ? undefined : await access.bySession(token)
  if (visitor !== undefined) return { visitor, by: 'session' }
  return { visitor: access.anybody, by: 'nothing' }
}

/**
 * Whether a request that changes something is from a program, or from our own page: the page of
 * somebody else can have a browser send one with the cookie of ours. Browsers say from where it comes
 * in Sec-Fetch-Site (over HTTPS and on this computer) and in Origin.
 */
export function isFromOwnPage(c: Context<ApiEnv>, by: Asker['by']): boolean {
  if (['GET', 'HEAD', 'OPTIONS'].includes(c.req.method)) return true
  const isProgram = by !== 'session'
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin' || (site === 'none' && isProgram)
  const origin = c.req.header('origin')
  if (origin === undefined) return isProgram
  return hostIn(origin) === (c.req.header('host') ?? '').toLowerCase()
}

function hostIn(origin: string): string | undefined {
  return /^https?:\/\/([^/]+)$/.exec(origin.toLowerCase())?.[1]
}
