import { createRoute, z } from '@hono/zod-openapi'
import { perform } from '../../desk/act.ts'
import {
  pageOfSuppressions,
  suppressAdd,
  type SuppressionPart,
  suppressionReasonNames,
  suppressionView,
  type SuppressionView,
  suppressRemove,
} from '../../desk/suppressions.ts'
import { parseUntil } from '../../desk/until.ts'
import type { Api } from '../api-types.ts'
import { actorOf, type DeskPlace } from '../desk-place.ts'
import { answer, body, reason, reasonQuery } from '../route-parts.ts'

const suppression: z.ZodType<SuppressionView> = z
  .object({
    address: z.string(),
    reason: z.enum(suppressionReasonNames),
    since: z.string(),
    until: z.string().nullable().describe('It ends by itself then; null: it does not'),
    why: z.string().describe('What was said when it came onto the list'),
    journey: z.string().nullable().describe('The journey that shows it'),
    created_at: z.string().describe('As `since`'),
  })
  .openapi('Suppression')

/** So many are told in one answer. */
const mostTold = 10_000

const list = createRoute({
  method: 'get',
  path: '/v1/suppressions',
  summary: 'Addresses that nothing is sent to',
  request: {
    query: z.object({
      q: z.string().max(1000).default('').describe('Only addresses with this in them'),
      reason: z.enum(suppressionReasonNames).optional(),
      limit: z.coerce.number().int().min(1).max(mostTold).default(mostTold),
      after: z.string().max(1000).optional().describe('`next` of the page before'),
    }),
  },
  responses: answer(
    'In the order of their names. Where few of many fit, a page may have less than `limit` and go on',
    z.object({
      data: z.array(suppression),
      has_more: z.boolean(),
      next: z.string().nullable(),
      note: z.string().describe('Why there is nothing'),
    }),
  ),
})

const add = createRoute({
  method: 'post',
  path: '/v1/suppressions',
  summary: 'Sends nothing to an address any more',
  request: body(
    z.object({
      address: z.string().max(1000).openapi({ example: 'ann@north.example' }),
      why: z.string().max(500).default('').describe('Told to who writes to it'),
      until: z
        .string()
        .max(100)
        .optional()
        .describe('`180d`, a day, or a time; absent: until it is removed')
        .openapi({ example: '2027-01-31T00:00:00Z' }),
      reason,
    }),
  ),
  responses: answer('It is on the list', z.object({ added: z.number() })),
})

const remove = createRoute({
  method: 'delete',
  path: '/v1/suppressions/{address}',
  summary: 'Sends to an address again',
  request: { params: z.object({ address: z.string().max(1000) }), query: reasonQuery },
  responses: answer('How many were on the list: 1, or 0', z.object({ removed: z.number() })),
})

/** Addresses that nothing is sent to. Without a place there is no such list: a lab, or a catcher. */
export function suppressionRoutes(api: Api, place: DeskPlace<SuppressionPart> | undefined): void {
  api.openapi(list, async (c) => {
    if (place === undefined) {
      const note = 'This server keeps no addresses from being sent to.'
      return c.json({ data: [], has_more: false, next: null, note }, 200)
    }
    const { register, clock } = place.desk.suppressions
    const { q, reason: because, limit, after } = c.req.valid('query')
    const filter = { part: q, ...(because === undefined ? {} : { reason: because }) }
    const asked = { now: clock.now(), limit, after, filter }
    const { found, next } = await pageOfSuppressions(register, asked)
    const data = found.map(suppressionView)
    return c.json({ data, has_more: next !== null, next, note: '' }, 200)
  })
  if (place === undefined) return
  api.openapi(add, async (c) => {
    const { address, why, until: end, reason: because } = c.req.valid('json')
    const { clock } = place.desk.suppressions
    const until = end === undefined ? {} : { until: parseUntil(end, clock.now()) }
    const input = { addresses: [{ address, why, reason: 'by-hand', ...until }] }
    return c.json(await perform(suppressAdd, place, { input, actor: actorOf(c, because) }), 200)
  })
  api.openapi(remove, async (c) => {
    const actor = actorOf(c, c.req.valid('query').reason)
    const input = { addresses: [c.req.valid('param').address] }
    return c.json(await perform(suppressRemove, place, { input, actor }), 200)
  })
}
