import { createRoute, z } from '@hono/zod-openapi'
import { WaybillError } from '../../base/error.ts'
import { jsonLine } from '../../base/shown-text.ts'
import type { Archives } from '../../desk/archives.ts'
import type { Api } from '../api-types.ts'
import { cursorBehind, readCursor } from '../cursor.ts'
import { journeyShape } from '../journey-shape.ts'
import { openKept } from '../kept-message.ts'
import { messageCsv } from '../message-csv.ts'
import { checked } from '../problem.ts'
import { queryOf } from '../query.ts'
import { answer, idParam } from '../route-parts.ts'
import { rowSchema, rowsOf } from '../row.ts'

const listQuery = z.object({
  q: z.string().max(10_000).default('').openapi({ example: 'to:ben@example.com status:refused' }),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  after: z.string().max(2000).optional().describe('`next` of the page before'),
  format: z
    .enum(['json', 'csv'])
    .optional()
    .describe('csv, or `Accept: text/csv`: the first 10,000 rows as a file'),
})

const page = z.object({
  data: z.array(rowSchema),
  has_more: z.boolean(),
  next: z.string().nullable(),
  searched_all: z.boolean().describe('false: older ones were not looked at'),
  searched_until: z
    .string()
    .nullable()
    .describe('When the last of them began that was looked at, where not all were'),
})

const list = createRoute({
  method: 'get',
  path: '/v1/messages',
  summary: 'Journeys, those written last first',
  request: { query: listQuery },
  responses: {
    200: {
      description: 'A page of them; as CSV, all of them',
      content: { 'application/json': { schema: page }, 'text/csv': { schema: z.string() } },
    },
  },
})

const one = createRoute({
  method: 'get',
  path: '/v1/messages/{id}',
  summary: 'One journey, in short',
  request: { params: idParam },
  responses: answer('It', rowSchema),
})

const journey = createRoute({
  method: 'get',
  path: '/v1/messages/{id}/journey',
  summary: 'The whole account, as `waybill show --json` prints it',
  request: { params: idParam },
  responses: answer('waybill.journey/1', journeyShape),
})

const raw = createRoute({
  method: 'get',
  path: '/v1/messages/{id}/raw',
  summary: 'The message itself',
  request: { params: idParam },
  responses: {
    200: {
      description: 'Its octets',
      content: { 'message/rfc822': { schema: z.string().openapi({ format: 'binary' }) } },
    },
  },
})

/** Lists of messages, and each one of them. */
export function messageRoutes(api: Api, archives: Archives, now: () => number): void {
  api.openapi(list, async (c) => {
    const { q, limit, after, format } = c.req.valid('query')
    const query = queryOf(q, now())
    if (format === 'csv' || (format === undefined && wantsCsv(c.req.header('accept')))) {
      const headers = {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': 'attachment; filename="messages.csv"',
      }
      return new Response(ReadableStream.from(messageCsv(archives, query)), { headers })
    }
    const seen = after === undefined ? new Map<string, string>() : readCursor(after)
    const found = await archives.search(limit + 1, query, seen)
    const { rows, searchedAll, searchedUntil: until } = found
    const shown = rows.slice(0, limit)
    const more = rows.length > limit
    const data = Array.from(await rowsOf(archives, shown))
    const next = more ? cursorBehind(shown, seen) : null
    const searched_until = until === undefined ? null : new Date(until).toISOString()
    return c.json({ data, has_more: more, next, searched_all: searchedAll, searched_until }, 200)
  })
  api.openapi(one, async (c) => {
    const { archive, stored } = await archives.locate(c.req.valid('param').id)
    const [row] = await rowsOf(archives, [{ ...stored, site: archive.name }])
    if (row === undefined) throw new WaybillError('not-found', `The journey ${stored.id} has gone.`)
    return c.json(row, 200)
  })
  // Its text is the very one of the terminal, so it is not made again by `c.json`.
  api.openAPIRegistry.registerPath(journey)
  api.get('/v1/messages/:id/journey', async (c) => {
    const { view } = await archives.find(checked(idParam, c.req.param()).id)
    return new Response(jsonLine(view), { headers: { 'content-type': 'application/json' } })
  })
  api.openapi(raw, async (c) => {
    const { archive, stored } = await archives.locate(c.req.valid('param').id)
    const message = await openKept(archive.reads, stored.messageId, stored.id)
    const headers = {
      'content-type': 'message/rfc822',
      'content-length': String(message.size),
      'content-disposition': `attachment; filename="${stored.id}.eml"`,
    }
    return new Response(ReadableStream.from(message.chunks()), { headers })
  })
}

/** Whether CSV is what is asked for first. */
function wantsCsv(accept = ''): boolean {
  return /^\s*text\/csv\b/i.test(accept)
}
