import { createRoute, z } from '@hono/zod-openapi'
import { WaybillError } from '../../base/error.ts'
import { type Actor, perform } from '../../desk/act.ts'
import type { Archive, Archives } from '../../desk/archives.ts'
import {
  type Changed,
  changeInParts,
  queueDrop,
  queueHold,
  queueRelease,
  queueRetry,
} from '../../desk/queue.ts'
import type { JourneyFilter } from '../../journey/filter.ts'
import type { QueueItem } from '../../store/ports/queue.ts'
import type { Api } from '../api-types.ts'
import { actorOf } from '../desk-place.ts'
import { filterOf } from '../query.ts'
import { ageLimits, byDestination, itemViews } from '../queue-view.ts'
import { answer, body, idParam, reason } from '../route-parts.ts'

const actions = ['retry', 'hold', 'release', 'drop'] as const
type Action = (typeof actions)[number]

const item = z
  .object({
    id: z.string(),
    journey: z.string(),
    recipient: z.string(),
    destination: z.string(),
    attempts: z.number(),
    held: z.boolean(),
    next_attempt_at: z.string(),
    expires_at: z.string(),
    created_at: z.string(),
    last_problem: z.string(),
    attempted_at: z.array(z.string()).describe('When it was tried'),
    planned_at: z.array(z.string()).describe('When it will be, if every try fails'),
  })
  .openapi('QueueItem')

const show = createRoute({
  method: 'get',
  path: '/v1/queue',
  summary: 'What waits: by destination and age, and each letter',
  request: {
    query: z.object({
      q: z.string().max(10_000).default('').openapi({ example: 'to:@example.com' }),
      limit: z.coerce.number().int().min(1).max(1000).default(200),
    }),
  },
  responses: answer(
    'The next attempts first',
    z.object({
      waiting: z.number().describe('All that wait, whatever was asked for'),
      held: z.number(),
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

const done = z.object({
  count: z.number(),
  left: z.number().describe('Being sent at this moment'),
  ids: z.array(z.string()).describe('Of journeys; the first 1000'),
})

const tellSender = z.boolean().default(true).describe('For `drop`: senders get a notice')

const many = createRoute({
  method: 'post',
  path: '/v1/queue/actions',
  summary: 'Tries, holds, releases or gives up letters that wait',
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
    ...body(z.object({ tell_sender: tellSender, reason })),
  },
  responses: answer('How many', done),
})

/** Of so many letters one page tells, and so many are changed by one request. */
const mostRead = 200_000
const mostIds = 1000

/** What waits for other servers. */
export function queueRoutes(api: Api, archives: Archives, now: () => number): void {
  api.openapi(show, async (c) => {
    const { q, limit } = c.req.valid('query')
    const found = await waiting(archives, filterOf(q, now()))
    const items = found.flatMap((one) => one.items)
    const down = archives.all.flatMap((one) => one.down?.() ?? [])
    const counts = await Promise.all(archives.all.map(({ reads }) => reads.counts()))
    const shown = new Set(
      items.toSorted((a, b) => a.nextAttemptAt - b.nextAttemptAt).slice(0, limit),
    )
    const views = await Promise.all(
      found.map((one) => {
        return itemViews(
          one.archive,
          one.items.filter((item) => shown.has(item)),
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
        ages: Array.from(ageLimits),
        destinations: byDestination(items, down, now()),
        data,
        has_more: items.length > limit,
      },
      200,
    )
  })
  api.openapi(plan, async (c) => {
    const { archive, stored } = await archives.locate(c.req.valid('param').id)
    const views = await itemViews(archive, await itemsOf(archive, stored.id))
    return c.json({ data: Array.from(views) }, 200)
  })
  api.openapi(many, async (c) => {
    const wish = c.req.valid('json')
    const { action, q = '', all, ids = [], dry_run: dry, tell_sender: told, reason: why } = wish
    if ([all, q.trim() !== '', ids.length > 0].filter((one) => one).length !== 1) {
      throw new WaybillError('usage', 'It must be said which letters are meant.', {
        hint: 'Either "q" with filters, or "ids" of items, or "all": true.',
      })
    }
    const chosen = only(await waiting(archives, filterOf(q, now())), ids)
    const actor = actorOf(c, why)
    const words = all ? ['--all'] : ids.length > 0 ? ids : [q]
    return c.json(await change(chosen, { action, actor, words, dry, told }), 200)
  })
  api.openapi(one, async (c) => {
    const { id, action } = c.req.valid('param')
    const { tell_sender: told, reason: why } = c.req.valid('json')
    const { archive, stored } = await archives.locate(id)
    const items = await itemsOf(archive, stored.id)
    if (items.length === 0) {
      throw new WaybillError(
        'not-found',
        `The letter ${stored.id} does not wait: ${stored.status}.`,
      )
    }
    const actor = actorOf(c, why)
    const wish = { action, actor, words: [stored.id], dry: false, told }
    return c.json(await change([{ archive, items }], wish), 200)
  })
}

interface Waiting {
  readonly archive: Archive
  readonly items: readonly QueueItem[]
}

function waiting({ all }: Archives, filter: JourneyFilter): Promise<readonly Waiting[]> {
  return Promise.all(
    all.map(async (archive) => {
      return { archive, items: await archive.reads.queue.list({ limit: mostRead, filter }) }
    }),
  )
}

/** What waits of one journey. */
async function itemsOf({ reads }: Archive, id: string): Promise<readonly QueueItem[]> {
  return await reads.queue.list({ journey: id, limit: mostRead })
}

/** Those that were named; none was: all of them. */
function only(found: readonly Waiting[], ids: readonly string[]): readonly Waiting[] {
  if (ids.length === 0) return found
  const named = new Set(ids)
  return found.map(({ archive, items }) => {
    return {
      archive,
      items: items.filter((item) => named.has(item.id) || named.has(item.journeyId)),
    }
  })
}

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
    case 'drop':
      return perform(queueDrop, place, asked)
  }
}

async function change(
  chosen: readonly Waiting[],
  wish: {
    readonly action: Action
    readonly actor: Actor
    /** In whose words they were chosen, for the audit. */
    readonly words: readonly string[]
    readonly dry: boolean
    readonly told: boolean
  },
): Promise<z.infer<typeof done>> {
  const { action, actor, words, dry, told } = wish
  let [count, left] = [0, 0]
  const ids = new Set<string>()
  for (const { archive, items: all } of chosen) {
    const items = action === 'release' ? all.filter(({ held }) => held) : all
    for (const { journeyId } of items) if (ids.size < mostIds) ids.add(journeyId)
    if (dry) {
      count += items.length
      continue
    }
    const changed = await changeInParts(items, words, (part) => {
      return act(action, placeOf(archive), { input: { ...part, tellSender: told }, actor })
    })
    count += changed.letters
    left += changed.left
  }
  return { count, left, ids: Array.from(ids) }
}

function placeOf({ desk }: Archive): NonNullable<Archive['desk']> {
  if (desk !== undefined) return desk
  throw new WaybillError('usage', 'Nothing goes out of this server.')
}
