import { createRoute, z } from '@hono/zod-openapi'
import type { Api } from '../api-types.ts'
import { answer, whole, wholeList } from '../route-parts.ts'

const list = createRoute({
  method: 'get',
  path: '/v1/suppressions',
  summary: 'Addresses that nothing is sent to: this server keeps none',
  responses: answer(
    'None',
    wholeList(z.object({ address: z.string(), reason: z.string(), created_at: z.string() })),
  ),
})

/** Addresses that nothing is sent to. */
export function suppressionRoutes(api: Api): void {
  api.openapi(list, (c) =>
    c.json(whole([], 'This server keeps no addresses from being sent to.'), 200),
  )
}
