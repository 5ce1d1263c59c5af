import { createRoute, z } from '@hono/zod-openapi'
import { perform } from '../../desk/act.ts'
import { hindered } from '../described.ts'
import { keptJson } from '../../desk/report-json.ts'
import type { KeptReport } from '../../desk/kept-reports.ts'
import { reportImport } from '../../desk/reports.ts'
import type { Api } from '../api-types.ts'
import { actorOf } from '../desk-place.ts'
import type { Management } from '../management.ts'
import { problem, ProblemError } from '../problem.ts'
import { answer, reasonQuery } from '../route-parts.ts'
import { type ReportPath, reportSchema } from './report-shapes.ts'

const unreadable = z.object({
  name: z.string(),
  result: z.literal('unreadable'),
  problems: z.array(z.object({ where: z.string(), text: z.string() })),
})

/** `POST /v1/reports/dmarc`, `/tls`. */
function importRoute(path: ReportPath) {
  const octets = { schema: z.string().openapi({ format: 'binary' }) }
  return createRoute({
    method: 'post',
    path: `/v1/reports/${path}`,
    summary: 'Reads the reports in a file: XML, JSON, gzip, zip, or the message that carries them',
    request: {
      query: reasonQuery.extend({
        name: z.string().max(300).default('').describe('Of the file, for problems and the audit'),
      }),
      body: { required: true, content: { 'application/octet-stream': octets } },
    },
    responses: {
      ...answer(
        'What became of each report in it, of whatever kind it is',
        z.object({
          data: z.array(
            z.union([
              reportSchema.and(
                z.object({ name: z.string(), result: z.enum(['imported', 'known']) }),
              ),
              unreadable,
            ]),
          ),
          imported: z.number(),
          known: z.number(),
          unreadable: z.number(),
        }),
      ),
      ...hindered({ 422: 'Nothing in it is a report' }),
    },
  })
}

/** Reports that somebody has as files. */
export function reportImportRoutes(api: Api, { reports: place }: Management): void {
  for (const kind of ['dmarc', 'tls'] as const) {
    api.openapi(importRoute(kind), async (c) => {
      const { name, reason: why } = c.req.valid('query')
      const octets = new Uint8Array(await c.req.arrayBuffer())
      const asked = { input: { name, octets }, actor: actorOf(c, why) }
      const kept = await perform(reportImport, place, asked)
      if (kept.every(({ result }) => result === 'unreadable')) throw notOne(kept)
      const number = (result: KeptReport['result']): number => {
        return kept.filter((one) => one.result === result).length
      }
      const counts = {
        imported: number('imported'),
        known: number('known'),
        unreadable: number('unreadable'),
      }
      return c.json({ data: kept.map(keptJson), ...counts }, 200)
    })
  }
}

/** Nothing in it is a report. */
function notOne(kept: readonly KeptReport[]): ProblemError {
  const all = kept.flatMap((one) => (one.result === 'unreadable' ? one.problems : []))
  return new ProblemError(
    problem(422, 'not-a-report', {
      title: 'That is no report',
      detail: all[0]?.text ?? 'Nothing in it is a report.',
      hint: 'Reports come as XML, JSON, gzip, zip, or as the message that carries them.',
      ...(all.length < 2
        ? {}
        : { errors: all.slice(0, 20).map((one) => ({ pointer: one.where, detail: one.text })) }),
    }),
  )
}
