import { z } from '@hono/zod-openapi'
import { WaybillError } from '../base/error.ts'
import type { Archives, ArchivedRow } from '../desk/archives.ts'
import { checksOf } from '../journey/checks.ts'
import { readRecord } from '../journey/record.ts'
import { type JourneyView, viewJourney } from '../journey/view.ts'

/** A row of a list, as JSON. */
export interface RowView {
  id: string
  /** `north` or `south` in the lab; empty for a server of its own. */
  site: string
  direction: 'in' | 'out'
  status: string
  summary: string
  subject: string
  mail_from: string
  rcpt_to: string[]
  author: string
  started_at: string
  message_id_header: string
  /** `spf`, `dkim`, `dmarc`, `arc`: the protocol's own word. */
  checks: Record<string, string>
  outcome: { word: string; code?: number | undefined; enhanced?: string | undefined }
}

/** The same for what is checked and documented. */
export const rowSchema: z.ZodType<RowView> = z
  .object({
    id: z.string(),
    site: z.string().describe('north or south in the lab; empty for a server of its own'),
    direction: z.enum(['in', 'out']),
    status: z.string(),
    summary: z.string(),
    subject: z.string(),
    mail_from: z.string(),
    rcpt_to: z.array(z.string()),
    author: z.string(),
    started_at: z.string(),
    message_id_header: z.string(),
    checks: z.record(z.string(), z.string()).describe("spf, dkim, dmarc, arc: the protocol's word"),
    outcome: z.object({
      word: z.string(),
      code: z.number().optional(),
      enhanced: z.string().optional(),
    }),
  })
  .openapi('MessageRow')

/** What a list shows of a journey. */
export function rowView(row: ArchivedRow, journey: JourneyView): RowView {
  const { smtp, status } = journey.outcome
  return {
    id: row.id,
    site: row.site,
    direction: row.direction,
    status: row.status,
    summary: row.summary,
    subject: row.subject,
    mail_from: row.mailFrom,
    rcpt_to: Array.from(row.rcptTo),
    author: row.author,
    started_at: new Date(row.startedAt).toISOString(),
    message_id_header: row.headerMessageId,
    checks: checksOf(journey),
    outcome: {
      word: status,
      ...(smtp === null ? {} : { code: smtp.code, enhanced: smtp.enhanced }),
    },
  }
}

/**
 * The same, when the journey is still to be read. The DNS answers that it shares are not: no row
 * shows them.
 *
 * @throws WaybillError `not-found` when it has gone since it was listed
 */
export async function viewOf(archives: Archives, row: ArchivedRow): Promise<RowView> {
  const archive = archives.all.find(({ name }) => name === row.site)
  const found = await archive?.reads.journeys.find(row.id)
  if (found?.type !== 'found') {
    throw new WaybillError('not-found', `The journey ${row.id} has gone while it was listed.`)
  }
  const { journey } = found
  const record = readRecord(journey.json, journey.appended)
  return rowView(row, viewJourney(record, new Map(), journey))
}
