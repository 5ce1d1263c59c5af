import { createRoute, z } from '@hono/zod-openapi'
import type { Archives } from '../../desk/archives.ts'
import { eventTypes } from '../../hooks/mail-event.ts'
import { wantedTypes } from '../../hooks/wanted-types.ts'
import { type Api, endOf } from '../api-types.ts'
import { readCursor, type Seen } from '../cursor.ts'
import { pageOfEvents } from '../event-page.ts'
import { type FedEvents, followEvents, heapMs } from '../event-stream.ts'
import { answer } from '../route-parts.ts'

const types = Object.entries(eventTypes).map(([type, means]) => `${type}: ${means}`)

const eventSchema = z
  .looseObject({
    type: z.string().describe(types.join('\n')),
    id: z.string().optional().describe('The journey'),
    event_id: z
      .string()
      .optional()
      .describe('The same whenever it is told: a repeat is known by it'),
    site: z.string(),
    at: z.string().optional(),
  })
  .openapi('Event')

const list = createRoute({
  method: 'get',
  path: '/v1/events',
  summary: 'What happened, the oldest first, as far back as changes are remembered',
  request: {
    query: z.object({
      after: z.string().max(2000).optional().describe('`next` of the page before'),
      limit: z.coerce.number().int().min(1).max(500).default(100),
      type: z
        .string()
        .max(1000)
        .optional()
        .describe('Only these, with commas between; `delivery.` stands for all that begin so'),
    }),
  },
  responses: answer(
    'Events; one of the type `gap` where older ones are forgotten',
    z.object({
      data: z.array(eventSchema),
      has_more: z.boolean(),
      next: z.string().describe('To ask again with, also when there is nothing more now'),
    }),
  ),
})

const stream = createRoute({
  method: 'get',
  path: '/v1/events/stream',
  summary: 'What happens, as server-sent events; `id` is the cursor to go on from',
  request: {
    query: z.object({
      after: z.string().max(2000).optional().describe('As Last-Event-ID'),
      per_second: z.coerce
        .number()
        .int()
        .min(1)
        .max(10_000)
        .optional()
        .describe('About so many letters a second at most; what is left out is told as a `gap`'),
    }),
    headers: z.object({ 'last-event-id': z.string().max(2000).optional() }),
  },
  responses: {
    200: {
      description: 'An event for each change of a journey or of the queue, without end',
      content: { 'text/event-stream': { schema: z.string() } },
    },
  },
})

/** No proxy on the way is to gather events, or to pack them. */
const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
}

/** What happened, and what happens, told as soon as it is committed. */
export function eventRoutes(api: Api, archives: Archives, now: () => number): void {
  api.openapi(list, async (c) => {
    const { after, limit, type } = c.req.valid('query')
    const isType = wantedTypes(type === undefined ? [] : type.split(',').map((one) => one.trim()))
    const page = await pageOfEvents(archives.all, {
      seen: seenIn(after),
      limit,
      isWanted: (event) => isType(event.view.type),
    })
    const data = page.events.map(({ view }) => view)
    return c.json({ data, has_more: page.more, next: page.next }, 200)
  })
  api.openapi(stream, (c) => {
    const { after, per_second: perSecond } = c.req.valid('query')
    const seen = seenIn(c.req.valid('header')['last-event-id'] ?? after)
    const gone = new AbortController()
    const signal = AbortSignal.any([endOf(c), gone.signal])
    const fed = followEvents(archives.all, {
      seen,
      now: now(),
      signal,
      ...(perSecond === undefined ? {} : { mostAtOnce: Math.ceil((perSecond * heapMs) / 1000) }),
    })
    return new Response(octetsOf(texts(fed), gone), {
      headers: streamHeaders,
    })
  })
}

function seenIn(cursor: string | undefined): Seen {
  return cursor === undefined ? new Map<string, string>() : readCursor(cursor)
}

async function* texts(fed: AsyncIterable<FedEvents | 'silence'>): AsyncGenerator<string, void> {
  yield ': Waybill tells what happens\n\n'
  for await (const heap of fed) {
    if (heap === 'silence') {
      yield ': \n\n'
      continue
    }
    // The cursor stands with the last: who breaks off before that hears them again.
    const last = heap.events.length - 1
    const told = heap.events.map(({ view }, index) => {
      const id = index === last ? `id: ${heap.cursor}\n` : ''
      return `${id}event: ${view.type}\ndata: ${JSON.stringify(view)}\n\n`
    })
    yield told.join('')
  }
}

/** Who goes away ends what is waited for, and not only what would be read next. */
function octetsOf(
  from: AsyncGenerator<string, void>,
  gone: AbortController,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await from.next()
      if (done === true) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    async cancel() {
      gone.abort()
      await from.return()
    },
  })
}
