import { createRoute, z } from '@hono/zod-openapi'
import { WaybillError } from '../../base/error.ts'
import { rulesInConfig } from '../../config/decision-rules.ts'
import type { Archives } from '../../desk/archives.ts'
import { replayOpened, storedDomains } from '../../desk/replays.ts'
import { type ReplayOverrides, readOverrides } from '../../journey/overrides.ts'
import { viewReplay, viewReplayed } from '../../journey/replay-view.ts'
import type { Api } from '../api-types.ts'

const request = z.object({
  journey: z
    .string()
    .max(1000)
    .optional()
    .describe('An id, or `last`')
    .openapi({ example: 'last' }),
  id: z.string().max(1000).optional().describe('The same as `journey`'),
  overrides: z
    .unknown()
    .optional()
    .describe('ip, helo, mail_from, from, at, body, config, and dns: a list')
    .openapi({ example: { dns: ['_dmarc.north.example TXT "v=DMARC1; p=none"'] } }),
})

const told = z.looseObject({
  result: z.string().nullable(),
  verdict: z.string(),
  answer: z.string(),
  asked_for: z.string().nullable(),
  did: z.string().nullable(),
})

const answer = z.object({
  id: z.string(),
  replayed: z.boolean(),
  same: z.boolean().optional(),
  first_difference: z.string().nullable().optional(),
  changed: z.array(z.string()).optional().describe('Steps that come to something else'),
  missing: z.array(z.string()).optional().describe('What nobody asked then'),
  unused: z.array(z.string()).optional().describe('What was said and nobody asked'),
  steps: z
    .array(
      z.object({
        id: z.string(),
        label: z.string(),
        same: z.boolean(),
        missing: z.array(z.string()),
        recorded: told,
        now: told,
      }),
    )
    .optional(),
  because: z.string().optional(),
  journey: z
    .looseObject({ schema: z.string() })
    .nullable()
    .describe('waybill.journey/1, as it would have been'),
})

const replay = createRoute({
  method: 'post',
  path: '/v1/replays',
  summary: 'What if? A journey decided again, offline, with something changed',
  request: { body: { required: true, content: { 'application/json': { schema: request } } } },
  responses: {
    200: {
      description: 'As `waybill replay --json` prints it, and the journey as it would have been',
      content: { 'application/json': { schema: answer } },
    },
  },
})

/** Decides journeys again. Nothing is asked of the network and nothing is written. */
export function replayRoutes(api: Api, archives: Archives): void {
  api.openapi(replay, async (c) => {
    const { journey: named, id, overrides: written } = c.req.valid('json')
    const ref = named ?? id
    if (ref === undefined) throw new WaybillError('usage', 'Which journey? "journey" is missing.')
    const found = await archives.find(ref)
    const overrides = wanted(written, await storedDomains(found.reader))
    const again = await replayOpened(found, overrides)
    const journey =
      again.type === 'replayed'
        ? viewReplayed({ ...found, current: found.stored }, again)
        : again.type === 'nothing'
          ? found.view
          : null
    return c.json({ ...viewReplay(found.record, again), journey } as z.infer<typeof answer>, 200)
  })
}

/** @throws WaybillError `usage` */
function wanted(json: unknown, domains: readonly string[]): ReplayOverrides {
  const read = readOverrides(json, (toml) => rulesInConfig(toml, domains))
  if (read.ok) return read.value
  throw new WaybillError('usage', `${read.problem}.`, {
    hint: 'docs/what-if.md has all that may be changed.',
  })
}
