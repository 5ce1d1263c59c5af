import { createRoute, z } from '@hono/zod-openapi'
import type { LimitedRoute } from '../../desk/limited-route.ts'
import type { Api } from '../api-types.ts'
import { answer, nothingGoesOut, notHere } from '../route-parts.ts'

/** As `routeWithLimits`. */
export type LookAhead = (asked: {
  readonly address: string
  readonly from: string
}) => Promise<LimitedRoute>

const limit = z.object({
  by: z.enum([
    'connections',
    'rate',
    'sender-rate',
    'quiet-hours',
    'pause',
    'back-off',
    'suppression',
    'policy',
    'tls-memory',
    'source',
  ]),
  says: z.string(),
  stops: z.boolean().describe('It keeps a letter from going now'),
  until: z.string().nullable().describe('When it ends by itself; null: that is not known'),
})

const found = z
  .object({
    schema: z.literal('waybill.route/1'),
    address: z.string(),
    destination: z.string(),
    site: z.string().describe('What limits are counted for: the servers together'),
    targets: z.array(z.object({ host: z.string(), address: z.string() })),
    transport: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('What each server must prove, and why'),
    steps: z.array(
      z.object({
        id: z.string(),
        label: z.string(),
        question: z.string(),
        answer: z.string(),
        verdict: z.string(),
      }),
    ),
    limits: z.array(limit).describe('What stops a letter comes first'),
    source: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe(
        'From which of our addresses it would leave, as the step `source` of a journey: `choice` and the `facts` that it follows from; null: the system chooses, or a server of the settings gets it',
      ),
    standing: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('What keeps the mail of the destination now'),
  })
  .openapi('Route')

const route = createRoute({
  method: 'get',
  path: '/v1/route',
  summary: 'Where a letter for an address would go, how safely, and what holds on the way',
  description: 'DNS is asked, and the policy host of MTA-STS; no mail server is called.',
  request: {
    query: z.object({
      address: z.string().max(1000).openapi({ example: 'bob@south.example' }),
      from: z
        .string()
        .max(1000)
        .default('')
        .describe('Whose rates and source are told: the reverse-path, taken as the account, too'),
    }),
  },
  responses: {
    ...answer('waybill.route/1, as `waybill route --json` prints it', found),
    ...notHere,
  },
})

/** Where a letter would go. Without a way to look there is none: a lab, or a catcher. */
export function routeRoutes(api: Api, look: LookAhead | undefined): void {
  api.openapi(route, async (c) => {
    if (look === undefined) throw nothingGoesOut()
    const { transport, source, standing, ...rest } = await look(c.req.valid('query'))
    const told: z.infer<typeof found> = {
      ...rest,
      transport: transport === null ? null : { ...transport },
      source: source === null ? null : { ...source },
      standing: standing === null ? null : { ...standing },
    }
    return c.json(told, 200)
  })
}
