import { z } from '@hono/zod-openapi'
import type { ReportJson, SourceJson } from '../../desk/report-json.ts'

/** Reports by what they are about. */
export type ReportPath = 'dmarc' | 'tls'

/** What they are called. */
export const reportNames: Readonly<Record<ReportPath, string>> = { dmarc: 'DMARC', tls: 'TLS' }

/** A report in short. */
export const reportSchema: z.ZodType<ReportJson> = z
  .object({
    id: z.string(),
    kind: z.string().describe('aggregate, failure, abuse, tls'),
    reporter: z.string(),
    domain: z.string(),
    report_id: z.string(),
    begin: z.string().nullable(),
    end: z.string().nullable(),
    total: z.number().describe('Messages, or sessions'),
    failed: z.number(),
    problems: z.number().describe('Of the report itself'),
    partial: z.literal(true).optional().describe('It was read in part'),
  })
  .openapi('Report')

/** What one address sent. */
export const sourceSchema: z.ZodType<SourceJson> = z
  .object({
    source_ip: z.string(),
    messages: z.number(),
    passed: z.number(),
    dkim_aligned: z.number(),
    spf_aligned: z.number(),
    quarantined: z.number(),
    rejected: z.number(),
  })
  .openapi('ReportSource')
