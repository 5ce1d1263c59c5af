import { createRoute, z } from '@hono/zod-openapi'
import { WaybillError } from '../../base/error.ts'
import { parseMoment } from '../../base/moment.ts'
import { reportJson } from '../../desk/report-json.ts'
import { isChosen, type ReportChoice } from '../../desk/kept-reports.ts'
import type { StoredSummary } from '../../io/report-files.ts'
import { daysOf } from '../../report/report-days.ts'
import type { Api } from '../api-types.ts'
import type { Management } from '../management.ts'
import { checked } from '../problem.ts'
import { answer } from '../route-parts.ts'
import { reportNames, type ReportPath, reportSchema, sourceSchema } from './report-shapes.ts'

const totals = z.object({ reports: z.number(), total: z.number(), failed: z.number() })
const advice = z.array(z.string()).describe('What to look at, the weightiest first')

/** `GET /v1/reports/dmarc`, `/tls`. */
function listRoute(path: ReportPath) {
  return createRoute({
    method: 'get',
    path: `/v1/reports/${path}`,
    summary: `${reportNames[path]} reports that others sent, the latest period first, and what they come to`,
    request: {
      query: z.object({
        domain: z.string().max(300).optional().openapi({ example: 'example.com' }),
        since: z.string().max(100).optional().openapi({ example: '2026-09-01' }),
        until: z.string().max(100).optional(),
        limit: z.coerce.number().int().min(1).max(1000).default(200),
        after: z.string().max(100).optional().describe('`next` of the page before'),
      }),
    },
    responses: answer(
      'All but `data` is of all reports that were asked for, on whatever page they are',
      z.object({
        data: z.array(reportSchema),
        has_more: z.boolean(),
        next: z.string().nullable(),
        domains: z.array(z.string()).describe('All that reports are about'),
        totals,
        days: z.array(z.object({ day: z.string(), passed: z.number(), failed: z.number() })),
        sources: z.array(sourceSchema).describe('Those with the most failures first'),
        more_sources: z.number(),
        advice,
        unread: z.number().describe('Older reports that `sources` and `advice` do not know'),
      }),
    ),
  })
}

const reportId = z.object({ id: z.string().max(100).openapi({ example: '6b81d46c' }) })

/** `GET /v1/reports/dmarc/{id}`, `/tls/{id}`. */
function oneRoute(path: ReportPath) {
  return createRoute({
    method: 'get',
    path: `/v1/reports/${path}/{id}`,
    summary: 'One report, whole',
    request: { params: reportId },
    responses: answer(
      'It',
      reportSchema.and(
        z.object({
          sources: z.array(sourceSchema),
          advice,
          faults: z.array(z.object({ code: z.string(), where: z.string(), text: z.string() })),
          report: z.looseObject({ type: z.string() }).describe('As `waybill report show --json`'),
        }),
      ),
    ),
  })
}

const summary = totals.extend({ advice })

/** `GET /v1/reports/{domain}/summary`. */
const summaryRoute = createRoute({
  method: 'get',
  path: '/v1/reports/{domain}/summary',
  summary: 'What all reports about a domain come to',
  request: {
    params: z.object({ domain: z.string().max(300).openapi({ example: 'example.com' }) }),
  },
  responses: answer('In numbers', z.object({ domain: z.string(), dmarc: summary, tls: summary })),
})

/** Which reports belong to a path. */
const kindsAt = {
  dmarc: ['aggregate', 'failure', 'abuse'],
  tls: ['tls'],
} as const

/** Reports that others sent about mail of ours. */
export function reportRoutes(api: Api, { reports: place }: Management): void {
  const { reports } = place.desk
  const { files } = reports
  for (const kind of ['dmarc', 'tls'] as const) {
    api.openapi(listRoute(kind), async (c) => {
      const { domain, since, until, limit, after } = c.req.valid('query')
      const kinds = kindsAt[kind]
      const choice = {
        kinds,
        domain,
        since: secondsOf('since', since),
        until: secondsOf('until', until),
      }
      const all = await files.list()
      const chosen = all.filter((one) => isChosen(one, choice))
      const first = after === undefined ? 0 : placeBehind(chosen, after)
      const shown = chosen.slice(first, first + limit)
      const more = chosen.length > first + limit
      return c.json(
        {
          data: shown.map(reportJson),
          has_more: more,
          next: more ? (shown.at(-1)?.id ?? null) : null,
          domains: domainsOf(all.filter((one) => isChosen(one, { kinds }))),
          ...(await overview(chosen)),
        },
        200,
      )
    })
    // It is made where the report is read, and not again by `c.json`.
    api.openAPIRegistry.registerPath(oneRoute(kind))
    api.get(`/v1/reports/${kind}/:id`, async (c) => {
      const octets = await reports.show(checked(reportId, c.req.param()).id, kindsAt[kind])
      return c.body(octets, 200, { 'content-type': 'application/json' })
    })
  }
  api.openapi(summaryRoute, async (c) => {
    const { domain } = c.req.valid('param')
    const all = await files.list()
    const of = async (kind: ReportPath) => {
      const chosen = all.filter((one) => isChosen(one, { kinds: kindsAt[kind], domain }))
      const { totals, advice } = await overview(chosen)
      return { ...totals, advice }
    }
    return c.json({ domain, dmarc: await of('dmarc'), tls: await of('tls') }, 200)
  })

  /** What many reports come to. Those that tell of single letters are listed, and not counted. */
  async function overview(chosen: readonly StoredSummary[]) {
    const counted = chosen.filter((one) => one.kind === 'aggregate' || one.kind === 'tls')
    const { sources, moreSources, advice, unread } = await reports.overview(
      counted.map(({ id }) => id),
    )
    return {
      totals: {
        reports: counted.length,
        total: counted.reduce((sum, { total }) => sum + total, 0),
        failed: counted.reduce((sum, { failed }) => sum + failed, 0),
      },
      days: daysOf(counted),
      sources: Array.from(sources),
      more_sources: moreSources,
      advice: Array.from(advice),
      unread,
    }
  }
}

function domainsOf(summaries: readonly StoredSummary[]): string[] {
  const all = summaries.flatMap(({ domain }) => domain.split(', ')).filter((one) => one !== '')
  return Array.from(new Set(all)).toSorted()
}

function placeBehind(chosen: readonly StoredSummary[], id: string): number {
  const at = chosen.findIndex((one) => one.id === id)
  if (at >= 0) return at + 1
  throw new WaybillError('usage', '"after" is no cursor that this list has given.', {
    hint: 'Take "next" of the answer before, as it is, or leave "after" away.',
  })
}

function secondsOf(name: keyof ReportChoice, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const at = parseMoment(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)
  if (at !== undefined) return Math.floor(at / 1000)
  throw new WaybillError('usage', `"${name}" is no time such as 2026-09-01T12:00:00Z.`)
}
