import { createRoute, z } from '@hono/zod-openapi'
import type { Archives } from '../../desk/archives.ts'
import { chosenFilter } from '../../desk/chosen-letters.ts'
import { pauseJson } from '../../desk/pause-json.ts'
import { readPauses } from '../../desk/pauses.ts'
import {
  ageLimitsMs,
  ageMinutes,
  joinedShape,
  shapeBy,
  shapeJson,
  shapeNames,
} from '../../desk/shape.ts'
import type { QueueItem } from '../../store/ports/queue.ts'
import type { Api } from '../api-types.ts'
import { queueQueryOf } from '../query.ts'
import { destinationViews, itemViews } from '../queue-view.ts'
import { answer, idParam } from '../route-parts.ts'

const item = z
  .object({
    id: z.string(),
    journey: z.string(),
    recipient: z.string(),
    destination: z.string(),
    attempts: z.number(),
    held: z.boolean(),
    hold_reason: z.string().describe('Why it is held; empty where nobody said why'),
    held_until: z.string().nullable().describe('When it goes on by itself'),
    next_attempt_at: z.string(),
    expires_at: z.string(),
    created_at: z.string(),
    last_problem: z.string(),
    last_kind: z.string().nullable().describe('What that meant, such as `greylisted`'),
    attempted_at: z.array(z.string()).describe('When it was tried'),
    planned_at: z.array(z.string()).describe('When it will be, if every try fails'),
    holds: z
      .array(
        z.object({
          by: z.string().describe('`hold`, `pause`, `rate`, `schedule`, `place` …'),
          says: z.string(),
          until: z.string().nullable().describe('When it frees'),
        }),
      )
      .describe('All that keeps it, what lasts longest first'),
  })
  .openapi('QueueItem')

const queueWords = z
  .string()
  .max(10_000)
  .default('')
  .describe('Ids, or the query words of the queue')
  .openapi({ example: 'domain:example.com older:2h' })

const show = createRoute({
  method: 'get',
  path: '/v1/queue',
  summary: 'What waits: by destination and age, and each letter',
  request: {
    query: z.object({
      q: queueWords,
      limit: z.coerce.number().int().min(1).max(1000).default(200),
    }),
  },
  responses: answer(
    'The next attempts first',
    z.object({
      waiting: z.number().describe('All that wait, whatever was asked for'),
      held: z.number(),
      matching: z.number().describe('Of those: what was asked for'),
      ages: z.array(z.number()).describe('Minutes, up to which letters are counted'),
      destinations: z.array(
        z.object({
          destination: z.string(),
          total: z.number(),
          held: z.number(),
          ages: z.array(z.number()).describe('One more than there are limits: what is older'),
          oldest_at: z.string(),
          next_attempt_at: z.string().nullable(),
          last_problem: z.string().nullable(),
          down: z
            .object({ because: z.string(), until: z.string().nullable() })
            .nullable()
            .describe('Nothing is sent there for a while; `until` null: it is being tried'),
        }),
      ),
      pauses: z
        .array(z.object({ of: z.string(), sentence: z.string(), until: z.string().nullable() }))
        .describe('What people have paused'),
      data: z.array(item),
      has_more: z.boolean(),
    }),
  ),
})

const plan = createRoute({
  method: 'get',
  path: '/v1/messages/{id}/plan',
  summary: 'For whom it waits, when it was tried, and when it will be',
  request: { params: idParam },
  responses: answer('Each recipient for whom it waits', z.object({ data: z.array(item) })),
})

const counted = {
  total: z.number(),
  held: z.number(),
  ages: z.array(z.number()).describe('One more than there are limits: what is older'),
  oldest_at: z.string().nullable(),
  next_attempt_at: z.string().nullable(),
}

const shape = createRoute({
  method: 'get',
  path: '/v1/queue/shape',
  summary: 'How much waits for whom since when, as qshape counts it',
  request: {
    query: z.object({
      q: queueWords,
      by: z
        .enum(shapeNames)
        .default('destination')
        .describe('What is counted together; `site`: the mail servers that a destination leads to'),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
  },
  responses: answer(
    'The largest groups first',
    z.object({
      by: z.enum(shapeNames),
      limits: z.array(z.number()).describe('Minutes, up to which letters are counted'),
      ...counted,
      count: z.number().describe('How many groups there are, also those that are not told'),
      groups: z.array(
        z.object({ name: z.string(), ...counted, last_problem: z.string().nullable() }),
      ),
    }),
  ),
})

/** So many destinations are shown. */
const mostDestinations = 500
/** More than a letter has recipients. */
const ofOneLetter = 200_000

/** What waits for other servers. */
export function queueRoutes(api: Api, archives: Archives, now: () => number): void {
  const places = archives.all.map(({ reads }) => reads.queue)
  api.openapi(show, async (c) => {
    const { q, limit } = c.req.valid('query')
    const filter = await chosenFilter(places, queueQueryOf(q, now()))
    const asked = { by: 'destination', now: now(), ages: ageLimitsMs, filter } as const
    const shapes = await Promise.all(
      places.map((place) => place.shape({ ...asked, limit: mostDestinations })),
    )
    const whole = joinedShape(shapes, mostDestinations)
    const counts = await Promise.all(archives.all.map(({ reads }) => reads.counts()))
    const found = await Promise.all(
      archives.all.map(async (archive) => {
        return { archive, items: await archive.reads.queue.list({ limit, filter }) }
      }),
    )
    const first = new Set(
      found
        .flatMap(({ items }) => items)
        .toSorted((a, b) => a.nextAttemptAt - b.nextAttemptAt)
        .slice(0, limit),
    )
    const views = await Promise.all(
      found.map(({ archive, items }) => {
        return itemViews(
          archive,
          items.filter((item) => first.has(item)),
          now(),
        )
      }),
    )
    const data = views.flat().toSorted((a, b) => {
      return a.next_attempt_at < b.next_attempt_at ? -1 : 1
    })
    return c.json(
      {
        waiting: counts.reduce((sum, { queued }) => sum + queued, 0),
        held: counts.reduce((sum, { held }) => sum + held, 0),
        matching: whole.total,
        ages: Array.from(ageMinutes),
        destinations: destinationViews(
          whole.groups,
          archives.all.flatMap((one) => one.down?.() ?? []),
        ),
        pauses: await pausesOf(archives, now()),
        data,
        has_more: whole.total > data.length,
      },
      200,
    )
  })
  api.openapi(shape, async (c) => {
    const { q, by, limit } = c.req.valid('query')
    const filter = await chosenFilter(places, queueQueryOf(q, now()))
    const query = { by, now: now(), ages: ageLimitsMs, filter, limit }
    const shapes = await Promise.all(
      archives.all.map(({ reads, sites }) => {
        return shapeBy(reads.queue, query, (destinations) => sites?.(destinations))
      }),
    )
    return c.json(shapeJson(by, joinedShape(shapes, limit)), 200)
  })
  api.openapi(plan, async (c) => {
    const { archive, stored } = await archives.locate(c.req.valid('param').id)
    const items: readonly QueueItem[] = await archive.reads.queue.list({
      journey: stored.id,
      limit: ofOneLetter,
    })
    return c.json({ data: Array.from(await itemViews(archive, items, now())) }, 200)
  })
}

/** What is paused, each once. */
async function pausesOf(
  { all }: Archives,
  now: number,
): Promise<{ of: string; sentence: string; until: string | null }[]> {
  const found = await Promise.all(all.map(({ reads }) => readPauses(reads.register, now)))
  const byKey = new Map(found.flat().map((one) => [one.key, pauseJson(one)]))
  return Array.from(byKey.values(), ({ of, sentence, until }) => ({ of, sentence, until }))
}
