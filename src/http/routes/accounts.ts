import { createRoute, z } from '@hono/zod-openapi'
import {
  accountAdd,
  accountForward,
  type AccountInput,
  accountPassword,
  accountRemove,
} from '../../desk/account-operations.ts'
import { perform } from '../../desk/act.ts'
import { accountJson } from '../../desk/resident-json.ts'
import { hashPassword } from '../../io/password.ts'
import type { Api } from '../api-types.ts'
import { actorOf } from '../desk-place.ts'
import { changeable, listedAt, type ManagedSite, type Management } from '../management.ts'
import { answer, body, notHere, reason, reasonQuery, whole, wholeList } from '../route-parts.ts'

const account = z
  .object({
    site: z.string().describe('north or south in the lab; empty for a server of its own'),
    address: z.string(),
    from: z.string().describe('Where it stands, and alone can be changed: settings, store, lab'),
    login: z.boolean().describe('false: it only receives'),
    aliases: z.array(z.string()).describe('Further addresses of its own'),
    forward: z.array(z.string()).describe('Addresses that its letters are handed on to as well'),
  })
  .openapi('Account')

const list = createRoute({
  method: 'get',
  path: '/v1/accounts',
  summary: 'Who has a mailbox here, those of the settings first',
  responses: answer('All of them', wholeList(account)),
})

const password = z.string().min(1).max(1024).optional().describe('Absent: nobody logs in')

const add = createRoute({
  method: 'post',
  path: '/v1/accounts',
  summary: 'Makes an account',
  request: body(
    z.object({
      address: z.string().max(1000).openapi({ example: 'ben@example.com' }),
      password,
      reason,
    }),
  ),
  responses: {
    ...answer(
      'It is there',
      z.object({
        added: z.string(),
        login: z.boolean(),
        messages: z.number().describe('In its mailboxes already: somebody had the address before'),
      }),
    ),
    ...notHere,
  },
})

const address = z.object({ address: z.string().max(1000).openapi({ example: 'ben@example.com' }) })

const remove = createRoute({
  method: 'delete',
  path: '/v1/accounts/{address}',
  summary: 'Takes an account away; mail that was filed for it stays',
  request: { params: address, query: reasonQuery },
  responses: { ...answer('It is gone', z.object({ removed: z.string() })), ...notHere },
})

const setPassword = createRoute({
  method: 'post',
  path: '/v1/accounts/{address}/password',
  summary: 'Sets a new password; without one, nobody logs in any more',
  request: { params: address, ...body(z.object({ password, reason })) },
  responses: {
    ...answer('It holds', z.object({ changed: z.string(), login: z.boolean() })),
    ...notHere,
  },
})

const change = createRoute({
  method: 'patch',
  path: '/v1/accounts/{address}',
  summary: 'Changes where a copy of its letters is handed on to',
  request: {
    params: address,
    ...body(
      z.object({
        forward: z
          .array(z.string().max(1000))
          .max(100)
          .describe('Addresses of other servers, in the place of those before; empty: nowhere')
          .openapi({ example: ['ben@elsewhere.example'] }),
        reason,
      }),
    ),
  },
  responses: {
    ...answer('It holds', z.object({ changed: z.string(), forward: z.array(z.string()) })),
    ...notHere,
  },
})

/** Accounts: shown, made, changed, given a password, taken away. */
export function accountRoutes(api: Api, management: Management): void {
  const { note } = management
  api.openapi(list, async (c) => {
    const all = await listedAt(management, ({ accounts }) => accounts.map(accountJson))
    return c.json(whole(all, note), 200)
  })
  api.openapi(add, async (c) => {
    const { address: wanted, password: secret, reason: why } = c.req.valid('json')
    const { site, place } = changeable(management)
    const input = await hashed(wanted, secret)
    const asked = { input, actor: actorOf(c, why) }
    const added = await perform(accountAdd, place, asked)
    const messages = await messagesAt(site, added)
    return c.json({ added, login: secret !== undefined, messages }, 200)
  })
  api.openapi(remove, async (c) => {
    const input = c.req.valid('param')
    const actor = actorOf(c, c.req.valid('query').reason)
    const { place } = changeable(management)
    return c.json({ removed: await perform(accountRemove, place, { input, actor }) }, 200)
  })
  api.openapi(setPassword, async (c) => {
    const { password: secret, reason: why } = c.req.valid('json')
    const { place } = changeable(management)
    const input = await hashed(c.req.valid('param').address, secret)
    const asked = { input, actor: actorOf(c, why) }
    const changed = await perform(accountPassword, place, asked)
    return c.json({ changed, login: secret !== undefined }, 200)
  })
  api.openapi(change, async (c) => {
    const { forward: to, reason: why } = c.req.valid('json')
    const input = { address: c.req.valid('param').address, to }
    const { place } = changeable(management)
    const done = await perform(accountForward, place, { input, actor: actorOf(c, why) })
    return c.json({ changed: done.address, forward: Array.from(done.to) }, 200)
  })
}

/** The password itself goes no further. */
async function hashed(named: string, secret: string | undefined): Promise<AccountInput> {
  if (secret === undefined) return { address: named }
  return { address: named, passwordHash: await hashPassword(secret) }
}

/** What lies in the mailboxes of an address, which may have had another owner. */
async function messagesAt({ reads }: ManagedSite, named: string): Promise<number> {
  const mailboxes = await reads.mailboxes.list(named)
  return mailboxes.reduce((sum, { messages }) => sum + messages, 0)
}
