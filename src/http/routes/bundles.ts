import { createRoute, z } from '@hono/zod-openapi'
import type { Archives } from '../../desk/archives.ts'
import { exportLines } from '../../desk/bundles.ts'
import { packLines } from '../../io/bundle-file.ts'
import type { Api } from '../api-types.ts'

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
