import { createRoute, z } from '@hono/zod-openapi'
import { WaybillError } from '../../base/error.ts'
import { type Actor, perform } from '../../desk/act.ts'
import type { Archive, Archives } from '../../desk/archives.ts'
import { chosenFilter, countWaiting, waitingPages } from '../../desk/chosen-letters.ts'
import type { Changed } from '../../desk/queue.ts'
import {
  queueBounce,
  queueDrop,
  queueHold,
  queueRelease,
  queueRetry,
} from '../../desk/queue-operations.ts'
import { changeInPages } from '../../desk/queue-pages.ts'
import { parseUntil } from '../../desk/until.ts'
import type { QueueFilter } from '../../store/ports/queue-filter.ts'
import type { QueueItem } from '../../store/ports/queue.ts'
import type { Api } from '../api-types.ts'
import { actorOf } from '../desk-place.ts'
import { queueQueryOf } from '../query.ts'
import { answer, body, idParam, reason } from '../route-parts.ts'

const actions = ['retry', 'hold', 'release', 'bounce', 'drop'] as const
type Action = (typeof actions)[number]

const done = z.object({
  count: z.number(),
  left: z.number().describe('Being sent at this moment'),
  ids: z.array(z.string()).describe('Of journeys; the first 1000'),
  refused: z
    .array(
      z.object({
        id: z.string(),
        journey: z.string(),
        recipient: z.string(),
        because: z.string(),
      }),
    )
    .describe('With which it could not be done, and why; the first 100'),
})

const tellSender = z.boolean().default(true).describe('For `drop`: senders get a notice')

const untilText = z
  .string()
  .max(40)
  .optional()
  .describe('For `hold`: when they go on by themselves, `2h`, `3d`, or a time')

const many = createRoute({
  method: 'post',
  path: '/v1/queue/actions',
  summary: 'Tries, holds, releases, sends back or gives up letters that wait',
  request: body(
    z.object({
      action: z.enum(actions),
      q: z.string().max(10_000).optional().openapi({ example: 'to:@example.com' }),
      all: z.boolean().default(false).describe('Without `q`: all that wait'),
      ids: z
        .array(z.string().max(100))
        .max(1000)
        .optional()
        .describe('Of items or of messages, instead of `q`'),
      dry_run: z.boolean().default(false).describe('Only count'),
      until: untilText,
      tell_sender: tellSender,
      reason,
    }),
  ),
  responses: answer('How many', done),
})

const one = createRoute({
  method: 'post',
  path: '/v1/messages/{id}/{action}',
  summary: 'The same for one message, to all recipients for whom it waits',
  request: {
    params: idParam.extend({ action: z.enum(actions) }),
    ...body(
      z.object({
        dry_run: z.boolean().default(false),
        until: untilText,
        tell_sender: tellSender,
        reason,
      }),
    ),
  },
  responses: answer('How many', done),
})

const mostIds = 1000

/** What people do with what waits. */
export function queueActionRoutes(api: Api, archives: Archives, now: () => number): void {
  const places = archives.all.map(({ reads }) => reads.queue)
  api.openapi(many, async (c) => {
    const wish = c.req.valid('json')
    const { action, q = '', all, ids = [], dry_run: dry, tell_sender: told, reason: why } = wish
    if ([all, q.trim() !== '', ids.length > 0].filter((given) => given).length !== 1) {
      throw new WaybillError('usage', 'It must be said which letters are meant.', {
        hint: 'Either "q" with filters, or "ids" of items, or "all": true.',
      })
    }
    const counted = now()
    const chosen = ids.length > 0 ? {} : await chosenFilter(places, queueQueryOf(q, counted))
    const words = all ? ['--all'] : ids.length > 0 ? ids : [q]
    const until = wish.until === undefined ? undefined : parseUntil(wish.until, counted)
    const how = { action, actor: actorOf(c, why), words, dry, told, until, now }
    const sources = archives.all.map((archive): Source => {
      const pages = ids.length > 0 ? named(archive, ids) : pagesOf(archive, chosen, how)
      return { archive, filter: chosen, pages }
    })
    return c.json(await change(sources, how), 200)
  })
  api.openapi(one, async (c) => {
    const { id, action } = c.req.valid('param')
    const { dry_run: dry, until: end, tell_sender: told, reason: why } = c.req.valid('json')
    const until = end === undefined ? undefined : parseUntil(end, now())
    const { archive, stored } = await archives.locate(id)
    const filter = { journeys: [stored.id] }
    if ((await countWaiting([archive.reads.queue], filter)) === 0) {
      throw new WaybillError(
        'not-found',
        `The letter ${stored.id} does not wait: ${stored.status}.`,
      )
    }
    const how = { action, actor: actorOf(c, why), words: [stored.id], dry, told, until, now }
    return c.json(
      await change([{ archive, filter, pages: pagesOf(archive, filter, how) }], how),
      200,
    )
  })
}

interface Wish {
  readonly action: Action
  readonly actor: Actor
  /** In whose words they were chosen, for the audit. */
  readonly words: readonly string[]
  readonly dry: boolean
  readonly told: boolean
  /** When what is held goes on by itself. */
  readonly until: number | undefined
  readonly now: () => number
}

interface Source {
  readonly archive: Archive
  readonly filter: QueueFilter
  readonly pages: AsyncIterable<readonly QueueItem[]>
}

function pagesOf(
  { reads }: Archive,
  filter: QueueFilter,
  { action, now }: Pick<Wish, 'action' | 'now'>,
): AsyncIterable<readonly QueueItem[]> {
  const narrowed = action === 'release' ? { ...filter, held: true } : filter
  return waitingPages(reads.queue, narrowed, { counted: now(), now })
}

/** Those with these ids, of items or of journeys, at one go. */
async function* named(
  { reads }: Archive,
  ids: readonly string[],
): AsyncGenerator<readonly QueueItem[]> {
  const limit = mostNamed
  const lists = await Promise.all([
    reads.queue.list({ ids, limit }),
    reads.queue.list({ filter: { journeys: ids }, limit }),
  ])
  const found = new Map(lists.flat().map((item) => [item.id, item]))
  yield Array.from(found.values())
}

/** More than so many letters have recipients. */
const mostNamed = 200_000

/** Does it with some of them. */
function act(
  action: Action,
  place: NonNullable<Archive['desk']>,
  asked: { readonly input: unknown; readonly actor: Actor },
): Promise<Changed> {
  switch (action) {
    case 'retry':
      return perform(queueRetry, place, asked)
    case 'hold':
      return perform(queueHold, place, asked)
    case 'release':
      return perform(queueRelease, place, asked)
    case 'bounce':
      return perform(queueBounce, place, asked)
    case 'drop':
      return perform(queueDrop, place, asked)
  }
}

async function change(
  sources: readonly Source[],
  { action, actor, words, dry, told, until }: Wish,
): Promise<z.infer<typeof done>> {
  let [count, left] = [0, 0]
  const ids = new Set<string>()
  const refused: z.infer<typeof done>['refused'] = []
  const fitting = async function* (pages: Source['pages']): Source['pages'] {
    for await (const page of pages) {
      const items = action === 'release' ? page.filter(({ held }) => held) : page
      for (const { journeyId } of items) if (ids.size < mostIds) ids.add(journeyId)
      if (items.length > 0) yield items
    }
  }
  for (const { archive, pages } of sources) {
    if (dry) {
      for await (const items of fitting(pages)) count += items.length
      continue
    }
    const changed = await changeInPages(fitting(pages), words, (part) => {
      return act(action, placeOf(archive), { input: { ...part, tellSender: told, until }, actor })
    })
    count += changed.letters
    left += changed.left
    for (const { item, because } of changed.refused) {
      const { id, journeyId: journey, recipient } = item
      refused.push({ id, journey, recipient, because })
    }
  }
  return { count, left, ids: Array.from(ids), refused }
}

function placeOf({ desk }: Archive): NonNullable<Archive['desk']> {
  if (desk !== undefined) return desk
  throw new WaybillError('usage', 'Nothing goes out of this server.')
}
