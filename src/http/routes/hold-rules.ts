import { createRoute, z } from '@hono/zod-openapi'
import { makeId } from '../../base/id.ts'
import { WaybillError } from '../../base/error.ts'
import { perform } from '../../desk/act.ts'
import type { Archive, Archives } from '../../desk/archives.ts'
import { countWaiting, waitingPages } from '../../desk/chosen-letters.ts'
import { holdRuleAdd, holdRuleRemove } from '../../desk/hold-rule-operations.ts'
import { type HoldRule, readHoldRules, ruleFilter, ruleReason } from '../../desk/hold-rules.ts'
import { queueHold, queueRelease } from '../../desk/queue-operations.ts'
import { changeInPages } from '../../desk/queue-pages.ts'
import { parseUntil } from '../../desk/until.ts'
import { chance } from '../../io/clock.ts'
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

const rule = z
  .object({
    id: z.string(),
    q: z.string().describe('The words of the queue that mail must fit'),
    by: z.string(),
    door: z.string(),
    why: z.string(),
    added_at: z.string(),
    until: z.string().nullable().describe('When it ends by itself'),
    held: z.number().describe('For how many recipients it holds mail'),
  })
  .openapi('HoldRule')

const list = createRoute({
  method: 'get',
  path: '/v1/hold-rules',
  summary: 'Mail that is like this is held when it would be sent',
  responses: answer('In the order of their ids', wholeList(rule)),
})

const add = createRoute({
  method: 'post',
  path: '/v1/hold-rules',
  summary: 'Holds what waits and fits, and mail to come when it would be sent',
  request: body(
    z.object({
      q: z.string().min(1).max(1000).openapi({ example: 'from:@example.com' }),
      until: z.string().max(40).optional().describe('`2h`, `3d`, or a time; absent: until it ends'),
      dry_run: z.boolean().default(false).describe('Only count what waits and fits'),
      reason,
    }),
  ),
  responses: {
    ...answer(
      'The rule, and for how many recipients mail waited and is held',
      z.object({ rule: rule.nullable(), count: z.number() }),
    ),
    ...notHere,
  },
})

const remove = createRoute({
  method: 'delete',
  path: '/v1/hold-rules/{id}',
  summary: 'Ends a hold rule: what it holds goes on',
  request: { params: z.object({ id: z.string().max(100) }), query: reasonQuery },
  responses: {
    ...answer('For how many recipients mail goes on', z.object({ released: z.number() })),
    ...notHere,
  },
})

/** Hold rules: mail that fits is held, also mail to come. */
export function holdRuleRoutes(api: Api, archives: Archives, now: () => number): void {
  const places = archives.all.map(({ reads }) => reads.queue)
  const desks = archives.all.flatMap(({ reads, desk }) => {
    return desk === undefined ? [] : [{ reads, desk }]
  })
  api.openapi(list, async (c) => {
    const found = await Promise.all(
      archives.all.map(({ reads }) => readHoldRules(reads.register, now())),
    )
    const byId = new Map(found.flat().map((one) => [one.id, one]))
    const views = Array.from(byId.values(), async (one) => {
      return ruleView(one, await countWaiting(places, heldBy(one.id)))
    })
    return c.json(whole(await Promise.all(views)), 200)
  })
  api.openapi(add, async (c) => {
    const { q: words, until: end, dry_run: dry, reason: why } = c.req.valid('json')
    const filter = ruleFilter(words, now())
    const until = end === undefined ? {} : { until: parseUntil(end, now()) }
    if (dry) return c.json({ rule: null, count: await countWaiting(places, filter) }, 200)
    if (desks.length === 0) throw nothingGoesOut()
    const actor = actorOf(c, why)
    const id = makeId(now(), chance).slice(-6)
    let made: HoldRule | undefined
    let count = 0
    for (const { reads, desk } of desks) {
      made = await perform(holdRuleAdd, desk, { input: { id, words, ...until }, actor })
      const done = await changeInPages(pagesOf(reads, filter, now), [words], (part) => {
        return perform(queueHold, desk, { input: { ...part, rule: id }, actor })
      })
      count += done.letters
    }
    return c.json({ rule: made === undefined ? null : ruleView(made, count), count }, 200)
  })
  api.openapi(remove, async (c) => {
    const { id } = c.req.valid('param')
    if (desks.length === 0) throw nothingGoesOut()
    const actor = actorOf(c, c.req.valid('query').reason)
    let [removed, released] = [false, 0]
    for (const { reads, desk } of desks) {
      const ended = await perform(holdRuleRemove, desk, { input: { id }, actor })
      removed ||= ended.removed
      const pages = pagesOf(reads, heldBy(id), now)
      const done = await changeInPages(pages, [`rule ${id}`], (part) => {
        return perform(queueRelease, desk, { input: { ...part, rule: id }, actor })
      })
      released += done.letters
    }
    if (removed || released > 0) return c.json({ released }, 200)
    throw new WaybillError('not-found', `There is no hold rule "${id}".`)
  })
}

function pagesOf(
  { queue }: Archive['reads'],
  filter: QueueFilter,
  now: () => number,
): ReturnType<typeof waitingPages> {
  return waitingPages(queue, filter, { counted: now(), now })
}

/** What a rule holds, also when it is no more. */
function heldBy(id: string): QueueFilter {
  return { held: true, holdReason: ruleReason(id) }
}

function ruleView(one: HoldRule, held: number): z.infer<typeof rule> {
  const { id, words, by, door, why, addedAt, until } = one
  return {
    id,
    q: words,
    by,
    door,
    why,
    added_at: new Date(addedAt).toISOString(),
    until: until === undefined ? null : new Date(until).toISOString(),
    held,
  }
}
