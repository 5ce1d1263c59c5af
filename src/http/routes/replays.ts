import { createRoute, z } from '@hono/zod-openapi'
import { decodeBase64 } from '../../base/base64.ts'
import { WaybillError } from '../../base/error.ts'
import { rulesInConfig } from '../../config/decision-rules.ts'
import type { Archives } from '../../desk/archives.ts'
import { openBundled } from '../../desk/bundle-reading.ts'
import { InTurn } from '../../desk/in-turn.ts'
import { type ReplayableJourney, replayOpened, storedDomains } from '../../desk/replays.ts'
import { readPackedLines } from '../../io/bundle-file.ts'
import type { JourneyView } from '../../journey/view.ts'
import { type ReplayOverrides, readOverrides } from '../../journey/overrides.ts'
import { viewReplay, viewReplayed } from '../../journey/replay-view.ts'
import type { Api } from '../api-types.ts'
import { journeyShape, toldStep } from '../journey-shape.ts'
import { sentLimits } from './bundles.ts'
import { body } from '../route-parts.ts'

const request = z.object({
  journey: z
    .string()
    .max(1000)
    .optional()
    .describe('An id, or `last`')
    .openapi({ example: 'last' }),
  id: z.string().max(1000).optional().describe('The same as `journey`'),
  bundle: z.string().optional().describe('A .waybill file, base64; `journey` says which of it'),
  overrides: z
    .unknown()
    .optional()
    .describe('ip, helo, mail_from, from, at, body, config, and dns: a list')
    .openapi({ example: { dns: ['_dmarc.north.example TXT "v=DMARC1; p=none"'] } }),
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
        recorded: toldStep,
        now: toldStep,
      }),
    )
    .optional(),
  because: z.string().optional(),
  journey: journeyShape.nullable().describe('waybill.journey/1, as it would have been'),
})

const replay = createRoute({
  method: 'post',
  path: '/v1/replays',
  summary: 'What if? A journey decided again, offline, with something changed',
  request: body(request),
  responses: {
    200: {
      description: 'As `waybill replay --json` prints it, and the journey as it would have been',
      content: { 'application/json': { schema: answer } },
    },
  },
})

/** Decides journeys again. Nothing is asked of the network and nothing is written. */
export function replayRoutes(api: Api, archives: Archives): void {
  // A small one may unpack to a lot of memory, so they are read one after the other.
  const bundles = new InTurn()
  api.openapi(replay, async (c) => {
    const asked = c.req.valid('json')
    const { bundle } = asked
    const found =
      bundle === undefined
        ? await stored(archives, asked)
        : await bundles.do(() => bundled(bundle, asked))
    const overrides = wanted(asked.overrides, found.domains)
    const again = await replayOpened(found, overrides)
    const journey =
      again.type === 'replayed'
        ? viewReplayed({ ...found, current: found.current }, again)
        : again.type === 'nothing'
          ? found.view
          : null
    return c.json({ ...viewReplay(found.record, again), journey } as z.infer<typeof answer>, 200)
  })
}

interface Opened extends ReplayableJourney {
  readonly view: JourneyView
  readonly current: Parameters<typeof viewReplayed>[0]['current']
  readonly domains: readonly string[]
}

type Meant = Pick<z.infer<typeof request>, 'journey' | 'id'>

/** The journey that is meant, out of a bundle that was sent. */
async function bundled(bundle: string, { journey, id }: Meant): Promise<Opened> {
  const octets = decodeBase64(bundle)
  if (octets === undefined) throw new WaybillError('usage', 'bundle: is not base64.')
  const found = await openBundled(readPackedLines(octets, sentLimits), journey ?? id)
  const { outcome, summary } = found.view
  const { messageId } = found.stored
  return { ...found, current: { status: outcome.status, summary, messageId }, domains: [] }
}

/** The same, out of a store. */
async function stored(archives: Archives, { journey, id }: Meant): Promise<Opened> {
  const ref = journey ?? id
  if (ref === undefined) throw new WaybillError('usage', 'Which journey? "journey" is missing.')
  const found = await archives.find(ref)
  return { ...found, current: found.stored, domains: await storedDomains(found.reader) }
}

/** @throws WaybillError `usage` */
function wanted(json: unknown, domains: readonly string[]): ReplayOverrides {
  const read = readOverrides(json, (toml) => rulesInConfig(toml, domains))
  if (read.ok) return read.value
  throw new WaybillError('usage', `${read.problem}.`, {
    hint: 'docs/what-if.md has all that may be changed.',
  })
}
