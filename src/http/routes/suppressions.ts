import { createRoute, z } from '@hono/zod-openapi'
import { WaybillError } from '../../base/error.ts'
import { parseMoment } from '../../base/moment.ts'
import { perform } from '../../desk/act.ts'
import {
  listSuppressions,
  suppressAdd,
  type SuppressionPart,
  suppressionReasonNames,
  suppressionView,
  type SuppressionView,
  suppressRemove,
} from '../../desk/suppressions.ts'
import type { Api } from '../api-types.ts'
import { actorOf, type DeskPlace } from '../desk-place.ts'
import { answer, body, reason, reasonQuery, whole, wholeList } from '../route-parts.ts'

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

/** More are not told at once; the note says so. */
const mostTold = 10_000

const list = createRoute({
  method: 'get',
  path: '/v1/suppressions',
  summary: 'Addresses that nothing is sent to',
  responses: answer('In the order of their names', wholeList(suppression)),
})

const add = createRoute({
  method: 'post',
  path: '/v1/suppressions',
  summary: 'Sends nothing to an address any more',
  request: body(
    z.object({
      address: z.string().max(1000).openapi({ example: 'ann@north.example' }),
      why: z.string().max(500).default('').describe('Told to who writes to it'),
      until: z.string().max(100).optional().openapi({ example: '2027-01-31T00:00:00Z' }),
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
      return c.json(
        whole<SuppressionView>([], 'This server keeps no addresses from being sent to.'),
        200,
      )
    }
    const { register, clock } = place.desk.suppressions
    const found = await listSuppressions(register, { now: clock.now(), limit: mostTold + 1 })
    const told = found.slice(0, mostTold).map(suppressionView)
    const note = found.length > mostTold ? 'There are more: waybill suppress export has all.' : ''
    return c.json(whole(told, note), 200)
  })
  if (place === undefined) return
  api.openapi(add, async (c) => {
    const { address, why, until: end, reason: because } = c.req.valid('json')
    const until = end === undefined ? {} : { until: timeOf(end) }
    const input = { addresses: [{ address, why, reason: 'by-hand', ...until }] }
    return c.json(await perform(suppressAdd, place, { input, actor: actorOf(c, because) }), 200)
  })
  api.openapi(remove, async (c) => {
    const actor = actorOf(c, c.req.valid('query').reason)
    const input = { addresses: [c.req.valid('param').address] }
    return c.json(await perform(suppressRemove, place, { input, actor }), 200)
  })
}

function timeOf(text: string): number {
  const at = parseMoment(text)
  if (at !== undefined) return at
  throw new WaybillError('usage', '"until" is no time such as 2027-01-31T00:00:00Z.')
}
