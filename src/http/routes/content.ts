import { createRoute, z } from '@hono/zod-openapi'
import { WaybillError } from '../../base/error.ts'
import type { Archives } from '../../desk/archives.ts'
import type { Api } from '../api-types.ts'
import type { ContentForm, FilePart } from '../contents/content-task.ts'
import type { KeptContents, Shown } from '../contents/kept-contents.ts'
import { htmlPolicy } from '../contents/message-html.ts'
import { checked } from '../problem.ts'
import { answer, idParam } from '../route-parts.ts'

const partSchema = z
  .object({
    n: z.number().int().describe('Its place in the list; the message itself is 0'),
    parent: z.number().int().nullable().describe('The part that holds it'),
    depth: z.number().int(),
    type: z.string().openapi({ example: 'text/html' }),
    charset: z.string().nullable(),
    encoding: z.string(),
    disposition: z.string().nullable(),
    name: z.string().nullable().describe('A harmless name for a file'),
    content_id: z.string().nullable(),
    offset: z.number().int().describe('Where its body begins, in octets of the message'),
    size: z.number().int().describe('Octets of its body as it stands in the message'),
  })
  .openapi('MessagePart')

const parts = createRoute({
  method: 'get',
  path: '/v1/messages/{id}/parts',
  summary: 'The tree of its parts',
  request: { params: idParam },
  responses: answer(
    'Each behind the one that holds it',
    z.object({
      data: z.array(partSchema),
      more: z.boolean().describe('There are more parts than are shown'),
    }),
  ),
})

const octets = z.string().openapi({ format: 'binary' })

/** Types of parts that a browser may show. */
const shownTypes = ['text/plain', 'image/png', 'image/jpeg', 'image/gif', 'image/webp']

/** Said here: what is coerced would be told as perhaps nothing, which no part of a path can be. */
const partNumber = { type: 'integer', param: { name: 'n', in: 'path', required: true } } as const

const onePart = createRoute({
  method: 'get',
  path: '/v1/messages/{id}/parts/{n}',
  summary: 'One of its parts as a file',
  request: { params: idParam.extend({ n: z.coerce.number().int().min(0).openapi(partNumber) }) },
  responses: {
    200: {
      description: 'Its octets, decoded; what no browser should show comes as octets',
      content: Object.fromEntries(
        ['application/octet-stream', ...shownTypes].map((type) => [type, { schema: octets }]),
      ),
    },
  },
})

const text = createRoute({
  method: 'get',
  path: '/v1/messages/{id}/text',
  summary: 'What it says, as plain text',
  request: { params: idParam },
  responses: {
    200: {
      description: 'Its text, or the words of its HTML',
      content: { 'text/plain': { schema: z.string() } },
    },
  },
})

const html = createRoute({
  method: 'get',
  path: '/v1/messages/{id}/html',
  summary: 'Its HTML, under a policy that lets it do nothing',
  request: {
    params: idParam,
    query: z.object({ remote: z.enum(['0', '1']).default('0').describe('Fetch pictures') }),
  },
  responses: {
    200: { description: 'HTML', content: { 'text/html': { schema: z.string() } } },
  },
})

const links = createRoute({
  method: 'get',
  path: '/v1/messages/{id}/links',
  summary: 'The links in it, in order, each once',
  request: { params: idParam },
  responses: answer(
    'Addresses of the web; nothing was fetched',
    z.object({
      data: z.array(z.object({ href: z.string(), text: z.string().optional() })),
    }),
  ),
})

const codes = createRoute({
  method: 'get',
  path: '/v1/messages/{id}/codes',
  summary: 'The one-time codes in it',
  request: { params: idParam },
  responses: answer(
    'Those that stand near a word such as code or PIN',
    z.object({ data: z.array(z.object({ code: z.string() })) }),
  ),
})

/** What a message holds: parts, text, HTML, links, codes. */
export function contentRoutes(api: Api, archives: Archives, contents: KeptContents): void {
  const show = async (id: string, form: ContentForm): Promise<Shown> => {
    const { archive, stored } = await archives.locate(id)
    return await contents.show(archive, stored, form)
  }
  // They are made where the message is read, and not again here.
  for (const [type, route, form] of [
    ['parts', parts, 'application/json'],
    ['links', links, 'application/json'],
    ['codes', codes, 'application/json'],
    ['text', text, 'text/plain; charset=UTF-8'],
  ] as const) {
    api.openAPIRegistry.registerPath(route)
    api.get(`/v1/messages/:id/${type}`, async (c) => {
      const shown = await show(checked(idParam, c.req.param()).id, { type })
      if (shown.type === 'none') throw new Error(`http: a message without ${type}`)
      return c.body(shown.octets, 200, { 'content-type': form })
    })
  }
  api.openapi(onePart, async (c) => {
    const { id, n } = c.req.valid('param')
    const shown = await show(id, { type: 'part', n })
    if (shown.type === 'none') {
      throw new WaybillError('not-found', `The message ${id} has no part ${n}.`, {
        hint: `It has parts 0 to ${shown.parts - 1}.`,
      })
    }
    return c.body(shown.octets, 200, fileHeaders(shown.part))
  })
  api.openapi(html, async (c) => {
    const { id } = c.req.valid('param')
    const remote = c.req.valid('query').remote === '1'
    const shown = await show(id, { type: 'html', remote })
    if (shown.type === 'none') {
      throw new WaybillError('not-found', `There is no HTML in the message ${id}.`)
    }
    return c.body(shown.octets, 200, {
      'content-type': 'text/html; charset=UTF-8',
      'content-security-policy': htmlPolicy(remote),
      'x-dns-prefetch-control': 'off',
    })
  })
}

/** A file of a stranger is saved and not shown, whatever it says that it is. */
export function fileHeaders({ n, name, type }: FilePart): Record<string, string> {
  const plain = `part-${n}`
  const coded = encodeURIComponent(name ?? plain).replace(/['()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  })
  return {
    'content-type': shownTypes.includes(type) ? type : 'application/octet-stream',
    // RFC 6266 §4.3
    'content-disposition': `attachment; filename="${plain}"; filename*=UTF-8''${coded}`,
    'content-security-policy': "sandbox; default-src 'none'",
  }
}
