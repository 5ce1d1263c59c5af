import { createRoute, z } from '@hono/zod-openapi'
import { aliasAdd, aliasRemove } from '../../desk/account-operations.ts'
import { perform } from '../../desk/act.ts'
import { aliasJson } from '../../desk/resident-json.ts'
import type { Api } from '../api-types.ts'
import { actorOf } from '../desk-place.ts'
import { changeable, listedAt, type Management } from '../management.ts'
import { answer, body, notHere, reason, reasonQuery, whole, wholeList } from '../route-parts.ts'

const alias = z
  .object({
    site: z.string(),
    address: z.string(),
    from: z.string().describe('Where it stands, and alone can be changed: settings, store, lab'),
    to: z.array(z.string()),
    send: z.boolean().describe('Those whom it leads to may write in its name'),
  })
  .openapi('Alias')

const list = createRoute({
  method: 'get',
  path: '/v1/aliases',
  summary: 'Addresses that lead on to accounts, those of the settings first',
  responses: answer('All of them', wholeList(alias)),
})

const add = createRoute({
  method: 'post',
  path: '/v1/aliases',
  summary: 'Lets an address lead on to accounts, or to other aliases',
  request: body(
    z.object({
      address: z.string().max(1000).openapi({ example: '*@example.com' }),
      to: z.array(z.string().max(1000)).min(1).max(1000),
      send: z.boolean().default(false),
      reason,
    }),
  ),
  responses: {
    ...answer(
      'It is there',
      z.object({ added: z.string(), to: z.array(z.string()), send: z.boolean() }),
    ),
    ...notHere,
  },
})

const remove = createRoute({
  method: 'delete',
  path: '/v1/aliases/{address}',
  summary: 'Takes an alias away',
  request: { params: z.object({ address: z.string().max(1000) }), query: reasonQuery },
  responses: { ...answer('It is gone', z.object({ removed: z.string() })), ...notHere },
})

/** Aliases: shown, made, taken away. */
export function aliasRoutes(api: Api, management: Management): void {
  const { note } = management
  api.openapi(list, async (c) => {
    const all = await listedAt(management, ({ aliases }) => aliases.map(aliasJson))
    return c.json(whole(all, note), 200)
  })
  api.openapi(add, async (c) => {
    const { reason: why, ...input } = c.req.valid('json')
    const { place } = changeable(management)
    const asked = { input, actor: actorOf(c, why) }
    const added = await perform(aliasAdd, place, asked)
    return c.json({ added, to: input.to, send: input.send }, 200)
  })
  api.openapi(remove, async (c) => {
    const input = c.req.valid('param')
    const actor = actorOf(c, c.req.valid('query').reason)
    const { place } = changeable(management)
    return c.json({ removed: await perform(aliasRemove, place, { input, actor }) }, 200)
  })
}
