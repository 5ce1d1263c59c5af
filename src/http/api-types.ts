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
    /** Absent where nobody came over a socket, as in tests. */
    readonly incoming?: { readonly socket: { readonly remoteAddress?: string } }
  }
}

/** Paths are added to it. */
export type Api = OpenAPIHono<ApiEnv>
