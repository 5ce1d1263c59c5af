import { createRoute, z } from '@hono/zod-openapi'
import type { Archive, Archives } from '../../desk/archives.ts'
import type { Change, Gap } from '../../store/ports/changes.ts'
import type { JourneyRow } from '../../store/ports/journeys.ts'
import type { Api } from '../api-types.ts'
import { readCursor, type Seen, writeCursor } from '../cursor.ts'
import { type Feed, NextChange } from '../next-change.ts'

const stream = createRoute({
  method: 'get',
  path: '/v1/events/stream',
  summary: 'What happens, as server-sent events; `id` is the cursor to go on from',
  request: {
    query: z.object({ after: z.string().max(2000).optional().describe('As Last-Event-ID') }),
    headers: z.object({ 'last-event-id': z.string().max(2000).optional() }),
  },
  responses: {
    200: {
      description: 'An event for each change of a journey or of the queue, without end',
      content: { 'text/event-stream': { schema: z.string() } },
    },
  },
})

/** What a message with this status has come to, as an event. */
const eventTypes: Readonly<Record<string, string>> = {
  delivered: 'message.delivered',
  quarantined: 'message.quarantined',
  refused: 'message.refused',
  dropped: 'message.dropped',
  created: 'message.created',
  queued: 'message.accepted',
  deferred: 'delivery.deferred',
  failed: 'delivery.failed',
  'partly delivered': 'delivery.attempted',
  'partly failed': 'delivery.attempted',
}

/** What happens, told as soon as it is committed. */
export function eventRoutes(api: Api, archives: Archives): void {
  api.openapi(stream, (c) => {
    const { after } = c.req.valid('query')
    const last = c.req.valid('header')['last-event-id'] ?? after
    const seen = last === undefined ? new Map<string, string>() : readCursor(last)
    const events = follow(archives.all, seen, c.req.raw.signal)
    const octets = ReadableStream.from(events).pipeThrough(new TextEncoderStream())
    return new Response(octets, {
      headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' },
    })
  })
}

/** The changes of all archives as they come; a slow reader holds nothing up but its own stream. */
async function* follow(
  all: readonly Archive[],
  before: Seen,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  const seen = new Map(before)
  const feeds = all.flatMap((archive) => openFeed(archive, seen.get(archive.name)))
  const next = new NextChange(feeds, signal)
  yield ': Waybill tells what happens\n\n'
  try {
    // Who goes on, and had heard nothing of an archive yet, cannot know what was missed of it.
    for (const { archive } of before.size === 0 ? [] : feeds) {
      if (!before.has(archive.name)) yield text(writeCursor(seen), gapIn(archive.name))
    }
    for (;;) {
      const got = await next.take()
      if (got === 'over') return
      if (got === 'silence') {
        yield ': \n\n'
        continue
      }
      const { archive, change } = got
      seen.set(archive.name, String(change.number))
      const told = await tell(archive, change)
      if (told !== undefined) yield text(writeCursor(seen), told)
    }
  } finally {
    for (const { changes } of feeds) await changes.return?.()
  }
}

function openFeed(archive: Archive, after: string | undefined): readonly Feed[] {
  if (archive.changes === undefined) return []
  const from = after !== undefined && /^\d{1,15}$/.test(after) ? { after: Number(after) } : {}
  const changes = archive.changes({ only: ['journey', 'queue'], ...from })
  return [{ archive, changes }]
}

interface Told {
  readonly type: string
  readonly [detail: string]: unknown
}

/** What a change is about, as it is now. */
async function tell({ name, reads }: Archive, change: Change | Gap): Promise<Told | undefined> {
  if (change.type === 'gap') return gapIn(name)
  if (change.type === 'queue') return { type: 'queue.changed', site: name }
  if (change.type !== 'journey') return undefined
  const found = await reads.journeys.find(change.id)
  if (found.type !== 'found') return undefined
  return {
    type: eventTypes[found.journey.status] ?? 'message.changed',
    ...about(found.journey, name),
  }
}

/** So much may have happened that all is to be looked at again. */
function gapIn(site: string): Told {
  return { type: 'gap', site }
}

function about(row: JourneyRow, site: string): Readonly<Record<string, unknown>> {
  return {
    id: row.id,
    site,
    at: new Date(row.writtenAt).toISOString(),
    direction: row.direction,
    status: row.status,
    summary: row.summary,
    subject: row.subject,
    mail_from: row.mailFrom,
    rcpt_to: row.rcptTo,
  }
}

function text(cursor: string, told: Told): string {
  return `id: ${cursor}\nevent: ${told.type}\ndata: ${JSON.stringify(told)}\n\n`
}
