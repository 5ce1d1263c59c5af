import { createRoute, z } from '@hono/zod-openapi'
import type { Archives } from '../../desk/archives.ts'
import type { Api } from '../api-types.ts'

const metrics = createRoute({
  method: 'get',
  path: '/v1/metrics',
  summary: 'Numbers for Prometheus',
  responses: {
    200: {
      description: 'The text format, version 0.0.4',
      content: { 'text/plain': { schema: z.string() } },
    },
  },
})

/** What each number is, by its name. */
const numbers = {
  messages: 'Messages whose octets are kept',
  journeys: 'Journeys that are kept',
  queued: 'Recipients that wait for other servers',
  held: 'Of those that wait: kept back',
} as const

/** What is stored and what waits, for who draws it over time. */
export function metricRoutes(api: Api, archives: Archives, version: string): void {
  api.openapi(metrics, async (c) => {
    const sites = await Promise.all(
      archives.all.map(async ({ name, reads }) => ({ name, counts: await reads.counts() })),
    )
    const lines = Object.entries(numbers).flatMap(([key, help]) => {
      const name = `waybill_${key}`
      const values = sites.map((site) => {
        const label = site.name === '' ? '' : `{site="${site.name}"}`
        return `${name}${label} ${new Map(Object.entries(site.counts)).get(key) ?? 0}`
      })
      return [`# HELP ${name} ${help}.`, `# TYPE ${name} gauge`, ...values]
    })
    const build = [
      '# HELP waybill_info The program that answers.',
      '# TYPE waybill_info gauge',
      `waybill_info{version="${version.replace(/[\\"\n]/g, '')}"} 1`,
    ]
    const text = `${[...build, ...lines].join('\n')}\n`
    return c.text(text, 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
  })
}
