import { createRoute, z } from '@hono/zod-openapi'
import type { Archives } from '../../desk/archives.ts'
import { exportLines } from '../../desk/bundles.ts'
import { perform } from '../../desk/act.ts'
import { bundleImport, type ImportPart } from '../../desk/bundle-import.ts'
import { type LineLimits, packLines, readPackedLines } from '../../io/bundle-file.ts'
import type { Api } from '../api-types.ts'
import { actorOf, type DeskPlace } from '../desk-place.ts'
import { answer } from '../route-parts.ts'

const exported = createRoute({
  method: 'get',
  path: '/v1/messages/{id}/export',
  summary: 'The journey with all that a replay needs, as a .waybill bundle',
  request: {
    params: z.object({ id: z.string().max(1000) }),
    query: z.object({
      redact: z
        .enum(['true', 'false'])
        .default('false')
        .describe('Without letter and subject, with hashes for people'),
    }),
  },
  responses: {
    200: {
      description: 'docs/bundle.md has the format',
      content: {
        'application/vnd.waybill+gzip': { schema: z.string().openapi({ format: 'binary' }) },
      },
    },
  },
})

const imported = createRoute({
  method: 'post',
  path: '/v1/imports',
  summary: 'Brings the journeys of a .waybill bundle in; nothing of it is sent or filed',
  request: {
    body: {
      required: true,
      content: {
        'application/vnd.waybill+gzip': { schema: z.string().openapi({ format: 'binary' }) },
      },
    },
  },
  responses: answer(
    'What was brought in',
    z.object({
      journeys: z.number(),
      known: z.number().describe('They were here already and stay as they are'),
      messages: z.number(),
    }),
  ),
})

/** What is sent is unpacked while others wait. */
export const sentLimits: LineLimits = { lineOctets: 16 << 20, octets: 256 << 20 }

/** Brings journeys into a store. */
export function importRoutes(
  api: Api,
  place: DeskPlace<{ readonly store: ImportPart['imports']['store'] }>,
): void {
  api.openapi(imported, async (c) => {
    const octets = new Uint8Array(await c.req.arrayBuffer())
    const { store } = place.desk
    const desk = { imports: { store, linesOf: () => readPackedLines(octets, sentLimits) } }
    const asked = { input: { file: 'sent by HTTP' }, actor: actorOf(c) }
    return c.json({ ...(await perform(bundleImport, { ...place, desk }, asked)) }, 200)
  })
}

/** Journeys as files. */
export function bundleRoutes(
  api: Api,
  parts: { readonly archives: Archives; readonly version: string; readonly now: () => number },
): void {
  const { archives, version, now } = parts
  api.openapi(exported, async (c) => {
    const found = await archives.locate(c.req.valid('param').id)
    const redacted = c.req.valid('query').redact === 'true'
    const redactWith = redacted
      ? { redactWith: globalThis.crypto.getRandomValues(new Uint8Array(32)) }
      : {}
    const octets = await packLines(exportLines([found], { version, now: now(), ...redactWith }))
    const { id } = found.stored
    return new Response(new Uint8Array(octets), {
      headers: {
        'content-type': 'application/vnd.waybill+gzip',
        'content-disposition': `attachment; filename="${id}${redacted ? '-redacted' : ''}.waybill"`,
      },
    })
  })
}
