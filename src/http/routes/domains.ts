import { createRoute, z } from '@hono/zod-openapi'
import { parseDomain } from '../../address/domain.ts'
import { WaybillError } from '../../base/error.ts'
import { domainAdd, domainRemove } from '../../desk/account-operations.ts'
import { perform } from '../../desk/act.ts'
import { keyJson, rotationJson } from '../../desk/key-json.ts'
import { keysOf, keyStates } from '../../desk/key-rotation.ts'
import { dkimRotate, type FreshResolver } from '../../desk/keys.ts'
import { checkPublished } from '../../desk/published.ts'
import { domainJson } from '../../desk/resident-json.ts'
import type { Api } from '../api-types.ts'
import { actorOf } from '../desk-place.ts'
import { changeable, listedAt, type ManagedSite, type Management } from '../management.ts'
import { answer, body, notHere, reason, reasonQuery, whole, wholeList } from '../route-parts.ts'

const domainItem = z
  .object({
    site: z.string(),
    domain: z.string(),
    from: z.string().describe('Where it stands, and alone can be changed: settings, store, lab'),
  })
  .openapi('Domain')

const record = z
  .object({
    name: z.string(),
    type: z.string(),
    value: z.string().describe('As zone files have it; empty: only you can know it'),
    reason: z.string(),
    purpose: z.string().describe('address, reverse, mail, spf, dmarc, dkim, tls-reports, mta-sts'),
    optional: z.literal(true).optional().describe('Mail goes without it, too'),
    status: z
      .enum(['published', 'fits', 'differs', 'missing', 'unknown'])
      .optional()
      .describe('With `check`. fits: another value stands there, which does as well'),
    found: z.array(z.string()).optional().describe('What DNS has there'),
    note: z.string().optional().describe('One sentence on that'),
  })
  .openapi('RecordToPublish')

const key = z
  .object({
    domain: z.string(),
    selector: z.string(),
    algorithm: z.string(),
    active: z.boolean(),
    created_at: z.string(),
    publication: z.string(),
    record: z.object({ name: z.string(), value: z.string() }),
  })
  .openapi('SigningKey')

const named = z.object({ domain: z.string().max(1000).openapi({ example: 'example.com' }) })

const list = createRoute({
  method: 'get',
  path: '/v1/domains',
  summary: 'The domains that mail is taken for, those of the settings first',
  responses: answer('All of them', wholeList(domainItem)),
})

const add = createRoute({
  method: 'post',
  path: '/v1/domains',
  summary: 'Takes mail for one more domain; its signing keys are made first',
  request: body(named.extend({ reason })),
  responses: {
    ...answer(
      'It is there, and this is to be published',
      z.object({ added: z.string(), records: z.array(record) }),
    ),
    ...notHere,
  },
})

const remove = createRoute({
  method: 'delete',
  path: '/v1/domains/{domain}',
  summary: 'Takes no more mail for a domain; its signing keys stay',
  request: { params: named, query: reasonQuery },
  responses: { ...answer('It is gone', z.object({ removed: z.string() })), ...notHere },
})

const records = createRoute({
  method: 'get',
  path: '/v1/domains/{domain}/records',
  summary: 'What must stand in DNS for a domain, and what does',
  request: {
    params: named,
    query: z.object({
      check: z
        .enum(['true', 'false'])
        .default('false')
        .describe('Ask the resolver of the server what is published; some seconds at most'),
    }),
  },
  responses: answer(
    'Each record with its reason; those of the server itself come last',
    z.object({
      domain: z.string(),
      site: z.string(),
      checked_at: z.string().nullable(),
      data: z.array(record),
    }),
  ),
})

const keys = createRoute({
  method: 'get',
  path: '/v1/domains/{domain}/dkim',
  summary: 'The signing keys of a domain, and whether DNS has their records',
  request: { params: named },
  responses: answer('All of them', z.object({ data: z.array(key) })),
})

const rotate = createRoute({
  method: 'post',
  path: '/v1/domains/{domain}/dkim/rotate',
  summary: 'Makes new signing keys, or begins to use them once DNS has their records',
  request: { params: named, ...body(z.object({ reason })) },
  responses: {
    ...answer(
      'One step; asked again it goes on where it is',
      z.union([
        z.object({ step: z.enum(['made', 'waiting']), waiting: z.array(key) }),
        z.object({
          step: z.literal('done'),
          active: z.array(z.string()),
          retired: z.array(z.string()),
        }),
      ]),
    ),
    ...notHere,
  },
})

/** For each record so long is waited for DNS. */
const withinMs = 5000

/** Domains: shown, added, taken away; their records and their keys. */
export function domainRoutes(api: Api, management: Management): void {
  const { note } = management
  api.openapi(list, async (c) => {
    const all = await listedAt(management, ({ domains }) => domains.map(domainJson))
    return c.json(whole(all, note), 200)
  })
  api.openapi(add, async (c) => {
    const { domain, reason: why } = c.req.valid('json')
    const { place } = changeable(management)
    const asked = { input: { domain }, actor: actorOf(c, why) }
    const added = await perform(domainAdd, place, asked)
    return c.json({ added: added.domain, records: Array.from(added.records) }, 200)
  })
  api.openapi(remove, async (c) => {
    const input = c.req.valid('param')
    const actor = actorOf(c, c.req.valid('query').reason)
    const { place } = changeable(management)
    return c.json({ removed: await perform(domainRemove, place, { input, actor }) }, 200)
  })
  api.openapi(records, async (c) => {
    const { site, domain } = await siteOf(management, c.req.valid('param').domain)
    const wanted = await site.records(domain)
    const at = { domain, site: site.name }
    if (c.req.valid('query').check === 'false') {
      return c.json({ ...at, checked_at: null, data: Array.from(wanted) }, 200)
    }
    const own = await site.reads.keys.list(domain)
    const hostname = site.hostname()
    const data = await withResolver(site, (resolver) => {
      const context = { domain, hostname, keys: own, resolver, clock: site.clock, withinMs }
      return checkPublished(wanted, context)
    })
    const checked = new Date(site.clock.now()).toISOString()
    const told = data.map((one) => ({ ...one, found: Array.from(one.found) }))
    return c.json({ ...at, checked_at: checked, data: told }, 200)
  })
  api.openapi(keys, async (c) => {
    const { site, domain } = await siteOf(management, c.req.valid('param').domain)
    const own = await keysOf(site.reads, domain)
    const states = await withResolver(site, (resolver) => keyStates(own, resolver))
    return c.json({ data: states.map(keyJson) }, 200)
  })
  api.openapi(rotate, async (c) => {
    const { place } = changeable(management)
    const { domain } = await siteOf(management, c.req.valid('param').domain)
    const actor = actorOf(c, c.req.valid('json').reason)
    return c.json(rotationJson(await perform(dkimRotate, place, { input: { domain }, actor })), 200)
  })
}

/** Whose domain that is. @throws WaybillError `not-found` */
async function siteOf(
  { sites }: Management,
  text: string,
): Promise<{ readonly site: ManagedSite; readonly domain: string }> {
  const wanted = parseDomain(text) ?? text.toLowerCase()
  for (const site of sites) {
    const { domains } = await site.residents()
    if (domains.some(({ name }) => name === wanted)) return { site, domain: wanted }
  }
  throw new WaybillError(
    'not-found',
    `${text.slice(0, 300)} is none of the domains of this server.`,
    {
      hint: 'GET /v1/domains has them all.',
    },
  )
}

async function withResolver<T>(
  site: ManagedSite,
  ask: (resolver: FreshResolver) => Promise<T>,
): Promise<T> {
  const resolver = await site.openResolver()
  try {
    return await ask(resolver)
  } finally {
    resolver.close()
  }
}
