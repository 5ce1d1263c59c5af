import type { ServerResponse } from 'node:http'
import type { Context } from 'hono'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Visitor } from './access.ts'

/** What kind of server this is: nothing leaves a lab, nothing leaves a catcher. */
export type Mode = 'lab' | 'catch' | 'live'

/** What a path knows of who asks it. */
export interface ApiEnv {
  readonly Variables: { visitor: Visitor; requestId: string }
  readonly Bindings: {
    /** Of an API behind the one that was asked. */
    readonly visitor?: Visitor
    readonly requestId?: string
    /** Aborted when the server ends: what waits for news waits no more. Absent in tests. */
    readonly stopping?: AbortSignal
    /** Absent where nobody came over a socket, as in tests. */
    readonly incoming?: { readonly socket: { readonly remoteAddress?: string } }
    /** The answer on its socket. */
    readonly outgoing?: Pick<ServerResponse, 'closed' | 'once'>
  }
}

/** Aborted when nobody waits for the answer any more, or nothing will come because the server ends. */
export function endOf(c: Context<ApiEnv>): AbortSignal {
  // Outside of a server Hono has no such object at all, whatever its types say.
  const { stopping } = { ...c.env }
  const { signal } = c.req.raw
  return stopping === undefined ? signal : AbortSignal.any([signal, stopping])
}

/** Paths are added to it. */
export type Api = OpenAPIHono<ApiEnv>
