import { createRoute, z } from '@hono/zod-openapi'
import { headLines, type Histogram, labelText } from '../../base/histogram.ts'
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

/** What is stored, what waits, what became of letters, and how long all took. */
export function metricRoutes(
  api: Api,
  { archives, version, meter }: MetricSources,
  requests: Histogram,
): void {
  api.openapi(metrics, async (c) => {
    const sites = await Promise.all(
      archives.all.map(async ({ name, reads }) => ({ name, counts: await reads.counts() })),
    )
    const gauges = Object.entries(numbers).flatMap(([key, help]) => {
      const name = `waybill_${key}`
      const values = sites.map((site) => {
        const label = labelText(site.name === '' ? {} : { site: site.name })
        return `${name}${label} ${new Map(Object.entries(site.counts)).get(key) ?? 0}`
      })
      return [...headLines(name, help, 'gauge'), ...values]
    })
    const lines = [
      ...headLines('waybill_info', 'The program that answers', 'gauge'),
      `waybill_info${labelText({ version })} 1`,
      ...gauges,
      ...(meter?.lines ?? []),
      ...requests.lines('waybill_http_request_duration_seconds', 'Until requests were answered'),
    ]
    const text = `${lines.join('\n')}\n`
    return c.text(text, 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
  })
}

interface MetricSources {
  readonly archives: Archives
  readonly version: string
  /** What was counted of mail; absent: nothing was. */
  readonly meter?: { readonly lines: readonly string[] }
}
