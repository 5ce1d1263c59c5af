import { createRoute, z } from '@hono/zod-openapi'
import { WaybillError } from '../../base/error.ts'
import { parseMoment } from '../../base/moment.ts'
import { perform } from '../../desk/act.ts'
import {
  type ApiKeyPart,
  type ApiKeyView,
  apiKeyView,
  keyAdd,
  keyRemove,
} from '../../desk/api-key-operations.ts'
import { scopes } from '../../desk/api-keys.ts'
import { newSecret, secretHash } from '../../io/secret.ts'
import type { Api } from '../api-types.ts'
import { actorOf, type DeskPlace } from '../desk-place.ts'
import { answer, body, reason, reasonQuery, whole, wholeList } from '../route-parts.ts'

const scope = z.enum(scopes)

const key: z.ZodType<ApiKeyView> = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(scope),
    domains: z.array(z.string()).nullable().describe('May send from these alone; null: from any'),
    account: z.string().nullable().describe('Sees only what is its own; null: the whole server'),
    created_at: z.string(),
    ends_at: z.string().nullable(),
    last_used_at: z.string().nullable().describe('To the hour'),
  })
  .openapi('Key')

const list = createRoute({
  method: 'get',
  path: '/v1/keys',
  summary: 'Keys for this API; their secrets are kept nowhere',
  responses: answer('The oldest first', wholeList(key)),
})

const make = createRoute({
  method: 'post',
  path: '/v1/keys',
  summary: 'Makes a key; its secret is in this answer and never again',
  request: body(
    z.object({
      name: z.string().min(1).max(100).openapi({ example: 'shop' }),
      scopes: z.array(scope).min(1),
      domains: z.array(z.string().max(300)).min(1).max(100).optional(),
      account: z.string().max(1000).optional(),
      ends_at: z.string().max(100).optional().openapi({ example: '2027-01-31T00:00:00Z' }),
      reason,
    }),
  ),
  responses: answer('The key', key.and(z.object({ secret: z.string() }))),
})

const take = createRoute({
  method: 'delete',
  path: '/v1/keys/{id}',
  summary: 'Takes a key away: whoever has it is refused from now on',
  request: {
    params: z.object({ id: z.string().max(100) }),
    query: reasonQuery,
  },
  responses: answer('It is gone', key),
})

/** The keys for this API, for those who manage the server. */
export function keyRoutes(api: Api, place: DeskPlace<ApiKeyPart>): void {
  const { apiKeys } = place.desk
  api.openapi(list, async (c) => {
    return c.json(whole((await apiKeys.list()).map(apiKeyView)), 200)
  })
  api.openapi(make, async (c) => {
    const { ends_at: end, reason: why, ...wanted } = c.req.valid('json')
    const secret = newSecret()
    const sha256 = secretHash(secret)
    const endsAt = end === undefined ? {} : { endsAt: timeOf(end) }
    const actor = actorOf(c, why)
    const asked = { input: { ...wanted, ...endsAt, sha256 }, actor }
    return c.json({ ...(await perform(keyAdd, place, asked)), secret }, 200)
  })
  api.openapi(take, async (c) => {
    const actor = actorOf(c, c.req.valid('query').reason)
    const asked = { input: { key: c.req.valid('param').id }, actor }
    return c.json(await perform(keyRemove, place, asked), 200)
  })
}

function timeOf(text: string): number {
  const at = parseMoment(text)
  if (at !== undefined) return at
  throw new WaybillError('usage', '"ends_at" is no time such as 2027-01-31T00:00:00Z.')
}
