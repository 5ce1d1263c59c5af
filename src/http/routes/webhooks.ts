import { createRoute, z } from '@hono/zod-openapi'
import { perform, type Operation } from '../../desk/act.ts'
import {
  webhookAdd,
  webhookAttempts,
  webhookChange,
  webhookList,
  type WebhookPart,
  webhookRemove,
  webhookReplay,
  webhookSecret,
  webhookTest,
  type WebhookView,
} from '../../desk/webhooks.ts'
import { eventTypes } from '../../hooks/mail-event.ts'
import type { Api } from '../api-types.ts'
import { actorOf, type DeskPlace } from '../desk-place.ts'
import { answer, body, idParam } from '../route-parts.ts'

const events = z
  .array(z.string().max(100))
  .max(50)
  .describe(
    `Types, or their beginnings with the full stop; none: all of ${Object.keys(eventTypes).join(', ')}`,
  )

const shown = {
  id: z.string(),
  url: z.string(),
  description: z.string(),
  events,
  enabled: z.boolean(),
  off: z.string().describe('Why it is off; empty while it is on'),
  created_at: z.string(),
  failing_since: z.string().nullable(),
  waiting: z.number().describe('Events on their way there'),
}
const webhook = z.object(shown).openapi('Webhook')
const withSecret = z.object({ ...shown, secret: z.string().describe('Told this once') })

const wish = {
  url: z.string().max(2000),
  description: z.string().max(500).optional(),
  events: events.optional(),
}

const path = '/v1/webhooks'
const one = `${path}/{id}` as const

const list = createRoute({
  method: 'get',
  path,
  summary: 'Who is told of events by HTTP',
  responses: answer('All of them', z.object({ data: z.array(webhook) })),
})

const add = createRoute({
  method: 'post',
  path,
  summary: 'Tells one more; the answer has the secret of its signatures',
  request: body(z.object(wish)),
  responses: {
    201: { description: 'It', content: { 'application/json': { schema: withSecret } } },
  },
})

const change = createRoute({
  method: 'patch',
  path: one,
  summary: 'Changes it; `enabled` switches it off, or on again',
  request: {
    params: idParam,
    ...body(z.object({ ...wish, url: wish.url.optional(), enabled: z.boolean().optional() })),
  },
  responses: answer('As it is now', webhook),
})

const remove = createRoute({
  method: 'delete',
  path: one,
  summary: 'Tells it nothing more, and forgets what was on its way there',
  request: { params: idParam },
  responses: { 204: { description: 'It is gone' } },
})

const secret = createRoute({
  method: 'post',
  path: `${one}/secret`,
  summary: 'A new secret; the old one signs beside it for a day',
  request: { params: idParam },
  responses: answer('With the new one', withSecret),
})

const test = createRoute({
  method: 'post',
  path: `${one}/test`,
  summary: 'Posts an event `webhook.test` at once',
  request: { params: idParam },
  responses: answer(
    'What was answered; the status 0: nothing, and why',
    z.object({ status: z.number(), text: z.string() }),
  ),
})

const attempts = createRoute({
  method: 'get',
  path: `${one}/attempts`,
  summary: 'What became of each try in the last 14 days, the last ones first',
  request: {
    params: idParam,
    query: z.object({
      limit: z.coerce.number().int().min(1).max(200).default(50),
      before: z.coerce.number().int().min(1).optional().describe('Only smaller `n`: for paging'),
    }),
  },
  responses: answer(
    'A page of them',
    z.object({
      data: z.array(
        z.object({
          n: z.number(),
          event_id: z.string(),
          type: z.string(),
          at: z.string(),
          took_ms: z.number(),
          status: z.number().describe('0: there was no answer'),
          text: z.string(),
          state: z.string().describe('waiting, arrived, given up: how it is with the event now'),
          next_try: z.string().nullable(),
        }),
      ),
    }),
  ),
})

const replay = createRoute({
  method: 'post',
  path: `${one}/attempts/{n}/replay`,
  summary: 'Tells the event of a try again, under the same `webhook-id`',
  request: { params: idParam.extend({ n: z.coerce.number().int().min(1) }) },
  responses: { 202: { description: 'It is on its way' } },
})

/** Who is told of events by HTTP, and what became of it. */
export function webhookRoutes(api: Api, place: DeskPlace<WebhookPart>): void {
  const ask = <Input, Result>(
    operation: Operation<WebhookPart, Input, Result>,
    c: Parameters<typeof actorOf>[0],
    input: unknown,
  ): Promise<Result> => perform(operation, place, { input, actor: actorOf(c) })
  api.openapi(list, async (c) => {
    const all = await ask(webhookList, c, undefined)
    return c.json({ data: all.map(json) }, 200)
  })
  api.openapi(add, async (c) => {
    const added = await ask(webhookAdd, c, c.req.valid('json'))
    return c.json({ ...json(added), secret: added.secret }, 201)
  })
  api.openapi(change, async (c) => {
    const { id } = c.req.valid('param')
    return c.json(json(await ask(webhookChange, c, { ...c.req.valid('json'), id })), 200)
  })
  api.openapi(remove, async (c) => {
    await ask(webhookRemove, c, c.req.valid('param'))
    return c.body(null, 204)
  })
  api.openapi(secret, async (c) => {
    const changed = await ask(webhookSecret, c, c.req.valid('param'))
    return c.json({ ...json(changed), secret: changed.secret }, 200)
  })
  api.openapi(test, async (c) => c.json(await ask(webhookTest, c, c.req.valid('param')), 200))
  api.openapi(attempts, async (c) => {
    const input = { ...c.req.valid('param'), ...c.req.valid('query') }
    return c.json({ data: Array.from(await ask(webhookAttempts, c, input)) }, 200)
  })
  api.openapi(replay, async (c) => {
    await ask(webhookReplay, c, c.req.valid('param'))
    return c.body(null, 202)
  })
}

function json({ events: types, ...rest }: WebhookView) {
  const { secret: _, ...told }: typeof rest & { secret?: string } = rest
  return { ...told, events: Array.from(types) }
}
