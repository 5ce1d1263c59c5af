import { createRoute, z } from '@hono/zod-openapi'
import { WaybillError } from '../../base/error.ts'
import { perform } from '../../desk/act.ts'
import type { Archives } from '../../desk/archives.ts'
import { countWaiting } from '../../desk/chosen-letters.ts'
import { pauseJson } from '../../desk/pause-json.ts'
import { pauseAdd, pauseEnd } from '../../desk/pause-operations.ts'
import { type PauseOf, pauseKey, readPauseKey, readPauses } from '../../desk/pauses.ts'
import { parseUntil } from '../../desk/until.ts'
import type { QueueFilter } from '../../store/ports/queue-filter.ts'
import type { Api } from '../api-types.ts'
import { actorOf } from '../desk-place.ts'
import {
  answer,
  body,
  nothingGoesOut,
  notHere,
  reason,
  reasonQuery,
  whole,
  wholeList,
} from '../route-parts.ts'

const pause = z
  .object({
    of: z.string().describe('`all`, `destination example.com`, `source 192.0.2.1`'),
    sentence: z.string(),
    by: z.string(),
    door: z.string(),
    why: z.string(),
    added_at: z.string(),
    until: z.string().nullable().describe('When it ends by itself'),
  })
  .openapi('Pause')

const of = z
  .string()
  .max(300)
  .describe(
    '`all`; `source` and an address; `destination` and a domain, with `.` or `*.` before it',
  )
  .openapi({ example: 'destination example.com' })

const list = createRoute({
  method: 'get',
  path: '/v1/pauses',
  summary: 'What people want not to be sent for a while',
  responses: answer('In the order of their names', wholeList(pause)),
})

const add = createRoute({
  method: 'post',
  path: '/v1/pauses',
  summary: 'Sends nothing there for a while; what waits keeps its time',
  request: body(
    z.object({
      of,
      until: z.string().max(40).optional().describe('`2h`, `3d`, or a time; absent: until it ends'),
      dry_run: z.boolean().default(false).describe('Only count what waits for it'),
      reason,
    }),
  ),
  responses: {
    ...answer(
      'The pause',
      z.object({
        pause: pause.nullable(),
        waiting: z.number().describe('For how many mail waits'),
      }),
    ),
    ...notHere,
  },
})

const end = createRoute({
  method: 'delete',
  path: '/v1/pauses/{of}',
  summary: 'Ends a pause: what waited for it is due now',
  request: { params: z.object({ of }), query: reasonQuery },
  responses: {
    ...answer('What was ended', z.object({ ended: z.array(z.string()), due: z.number() })),
    ...notHere,
  },
})

/** Pauses of destinations, of a source address, or of all. */
export function pauseRoutes(api: Api, archives: Archives, now: () => number): void {
  const places = archives.all.map(({ reads }) => reads.queue)
  const desks = archives.all.flatMap(({ desk }) => desk ?? [])
  api.openapi(list, async (c) => {
    const found = await Promise.all(
      archives.all.map(({ reads }) => readPauses(reads.register, now())),
    )
    const byKey = new Map(found.flat().map((one) => [one.key, one]))
    return c.json(whole(Array.from(byKey.values(), pauseJson)), 200)
  })
  api.openapi(add, async (c) => {
    const { of: text, until: endText, dry_run: dry, reason: why } = c.req.valid('json')
    const meant = readPauseKey(text)
    const until = endText === undefined ? {} : { until: parseUntil(endText, now()) }
    const waiting = await countWaiting(places, filterOf(meant))
    if (dry) return c.json({ pause: null, waiting }, 200)
    if (desks.length === 0) throw nothingGoesOut()
    const input = { key: pauseKey(meant), ...until }
    const made = await Promise.all(
      desks.map((place) => perform(pauseAdd, place, { input, actor: actorOf(c, why) })),
    )
    const [first] = made
    return c.json({ pause: first === undefined ? null : pauseJson(first), waiting }, 200)
  })
  api.openapi(end, async (c) => {
    const { reason: why } = c.req.valid('query')
    const key = pauseKey(readPauseKey(c.req.valid('param').of))
    if (desks.length === 0) throw nothingGoesOut()
    const done = await Promise.all(
      desks.map((place) => {
        return perform(pauseEnd, place, { input: { keys: [key] }, actor: actorOf(c, why) })
      }),
    )
    const ended = Array.from(new Set(done.flatMap((one) => one.ended)))
    if (ended.length === 0) throw new WaybillError('not-found', `There is no pause of "${key}".`)
    return c.json({ ended, due: done.reduce((sum, { due }) => sum + due, 0) }, 200)
  })
}

function filterOf(meant: PauseOf): QueueFilter {
  if (meant.type !== 'destination') return {}
  const { domain, match } = meant
  return { destination: { domain, match } }
}
