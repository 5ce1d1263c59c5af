import { createRoute, z } from '@hono/zod-openapi'
import { WaybillError } from '../../base/error.ts'
import type { Archives } from '../../desk/archives.ts'
import { decodedBody } from '../../mime/body.ts'
import { type Contents, messageCodes, readableText, readContents } from '../../mime/contents.ts'
import { linksIn } from '../../mime/links.ts'
import type { Part, PartTree } from '../../mime/part.ts'
import { readParts } from '../../mime/tree.ts'
import type { Api } from '../api-types.ts'
import { readKept } from '../kept-message.ts'
import { htmlPolicy, shownHtml } from '../message-html.ts'
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

const onePart = createRoute({
  method: 'get',
  path: '/v1/messages/{id}/parts/{n}',
  summary: 'One of its parts as a file',
  request: { params: idParam.extend({ n: z.coerce.number().int().min(0) }) },
  responses: {
    200: {
      description: 'Its octets, decoded',
      content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
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
export function contentRoutes(api: Api, archives: Archives): void {
  api.openapi(parts, async (c) => {
    const { tree } = await open(archives, c.req.valid('param').id)
    return c.json({ data: tree.parts.map(partView), more: tree.more }, 200)
  })
  api.openapi(onePart, async (c) => {
    const { id, n } = c.req.valid('param')
    const { message, tree } = await open(archives, id)
    const part = tree.parts[n]
    if (part === undefined) {
      throw new WaybillError('not-found', `The message ${id} has no part ${n}.`, {
        hint: `It has parts 0 to ${tree.parts.length - 1}.`,
      })
    }
    return c.body(new Uint8Array(decodedBody(message, part)), 200, fileHeaders(part))
  })
  api.openapi(text, async (c) => {
    const { message, tree } = await open(archives, c.req.valid('param').id)
    const { text: said, cut } = readableText(message, tree)
    return c.text(said + (cut ? '\n\n[The rest is not shown.]\n' : ''))
  })
  api.openapi(html, async (c) => {
    const { id } = c.req.valid('param')
    const { message, tree, contents } = await open(archives, id)
    if (contents.html === undefined) {
      throw new WaybillError('not-found', `There is no HTML in the message ${id}.`)
    }
    const remote = c.req.valid('query').remote === '1'
    const shown = shownHtml(contents.html, { message, parts: tree.parts, remote })
    c.header('content-security-policy', htmlPolicy(remote))
    c.header('x-dns-prefetch-control', 'off')
    return c.html(contents.cut ? `${shown}<hr><p>The rest is not shown.</p>` : shown)
  })
  api.openapi(links, async (c) => {
    const { contents } = await open(archives, c.req.valid('param').id)
    return c.json({ data: Array.from(linksIn(contents)) }, 200)
  })
  api.openapi(codes, async (c) => {
    const { message, tree, subject } = await open(archives, c.req.valid('param').id)
    const { text: said } = readableText(message, tree)
    return c.json({ data: messageCodes(said, subject).map((code) => ({ code })) }, 200)
  })
}

interface OpenContent {
  readonly message: Uint8Array
  readonly subject: string
  readonly tree: PartTree
  /** Read when it is asked for. */
  readonly contents: Contents
}

async function open(archives: Archives, id: string): Promise<OpenContent> {
  const { archive, stored } = await archives.locate(id)
  const message = await readKept(archive.reads, stored.messageId, stored.id)
  const tree = readParts(message)
  return {
    message,
    subject: stored.subject,
    tree,
    get contents() {
      return readContents(message, tree)
    },
  }
}

/** A part as JSON. */
function partView(part: Part): z.infer<typeof partSchema> {
  const { n, parent, depth, type, parameters, encoding, disposition, name, contentId } = part
  return {
    n,
    parent: parent ?? null,
    depth,
    type,
    charset: parameters.get('charset') ?? null,
    encoding,
    disposition: disposition ?? null,
    name: name ?? null,
    content_id: contentId ?? null,
    offset: part.at,
    size: part.size,
  }
}

/** A file of a stranger is saved and not shown, whatever it says that it is. */
export function fileHeaders({ n, name, type }: Part): Record<string, string> {
  const isPlain = /^(?:text\/plain|image\/(?:png|jpeg|gif|webp))$/.test(type)
  const plain = `part-${n}`
  const coded = encodeURIComponent(name ?? plain).replace(/['()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  })
  return {
    'content-type': isPlain ? type : 'application/octet-stream',
    // RFC 6266 §4.3
    'content-disposition': `attachment; filename="${plain}"; filename*=UTF-8''${coded}`,
    'content-security-policy': "sandbox; default-src 'none'",
  }
}
