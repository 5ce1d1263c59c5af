import { createRoute, z } from '@hono/zod-openapi'
import type { Archives } from '../../desk/archives.ts'
import type { Trouble } from '../../desk/health.ts'
import type { Api } from '../api-types.ts'
import { answer } from '../route-parts.ts'

const live = createRoute({
  method: 'get',
  path: '/v1/health/live',
  summary: 'Whether the server answers',
  responses: answer('It does', z.object({ status: z.literal('ok') })),
})

const ready = createRoute({
  method: 'get',
  path: '/v1/health/ready',
  summary: 'Whether its store answers',
  responses: answer('It does', z.object({ status: z.literal('ok') })),
})

const status = createRoute({
  method: 'get',
  path: '/v1/status',
  summary: 'What is stored and what waits, by server',
  responses: answer(
    'By server',
    z.object({
      version: z.string(),
      ports: z
        .record(z.string(), z.number())
        .describe('Where mail can be sent to, as the ready event names them'),
      sites: z.array(
        z.object({
          site: z.string(),
          messages: z.number(),
          queued: z.number(),
          held: z.number(),
          journeys: z.number(),
        }),
      ),
      troubles: z
        .array(z.object({ what: z.string(), sentence: z.string(), hint: z.string() }))
        .describe('What is not as it should be, as `waybill status` tells it'),
    }),
  ),
})

/** How the server is. */
export function serverRoutes(
  api: Api,
  server: {
    readonly version: string
    readonly archives: Archives
    readonly ports?: Readonly<Record<string, number>>
    readonly troubles?: () => Promise<readonly Trouble[]>
  },
): void {
  const { version, archives, ports = {}, troubles = async () => [] } = server
  const counts = () =>
    Promise.all(
      archives.all.map(async ({ name, reads }) => ({ site: name, ...(await reads.counts()) })),
    )
  api.openapi(live, (c) => c.json({ status: 'ok' } as const, 200))
  api.openapi(ready, async (c) => {
    await counts()
    return c.json({ status: 'ok' } as const, 200)
  })
  api.openapi(status, async (c) => {
    const [sites, amiss] = await Promise.all([counts(), troubles()])
    return c.json({ version, ports, sites, troubles: Array.from(amiss) }, 200)
  })
}
