import { z } from '@hono/zod-openapi'
import type { Archives, ArchivedRow } from '../desk/archives.ts'
import { checksIn } from '../journey/checks.ts'
import { inShort } from '../journey/in-short.ts'
import { readRecord } from '../journey/record.ts'
import { outcomeOf } from '../journey/view.ts'
import type { ListedJourney } from '../store/ports/journeys.ts'

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
  /** Octets of the message; absent where none came. */
  size?: number | undefined
  /** From its beginning to the end of the step that ended last. */
  took_ms: number
  message_id_header: string
  /** `spf`, `dkim`, `dmarc`, `arc`: the protocol's own word. `tls`: its version. */
  checks: Record<string, string>
  outcome: {
    word: string
    code?: number | undefined
    enhanced?: string | undefined
    /** Where it was filed here, when that is one mailbox. */
    mailbox?: string | undefined
    /** When what waits is tried next. */
    next_try?: string | undefined
  }
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
    size: z.number().optional().describe('Octets; absent where no message came'),
    took_ms: z.number(),
    message_id_header: z.string(),
    checks: z
      .record(z.string(), z.string())
      .describe("spf, dkim, dmarc, arc: the protocol's word; tls: its version"),
    outcome: z.object({
      word: z.string(),
      code: z.number().optional(),
      enhanced: z.string().optional(),
      mailbox: z.string().optional(),
      next_try: z.string().optional(),
    }),
  })
  .openapi('MessageRow')

/**
 * What a list shows of these journeys. All of one archive are read at one go, without the DNS answers
 * that they share: no row shows them. What has gone since it was listed is left out.
 */
export async function rowsOf(
  archives: Archives,
  rows: readonly Pick<ArchivedRow, 'id' | 'site'>[],
): Promise<readonly RowView[]> {
  const views = new Map<string, RowView>()
  for (const { name, reads } of archives.all) {
    const ids = rows.filter(({ site }) => site === name).map(({ id }) => id)
    if (ids.length === 0) continue
    for (const one of await reads.journeys.listed(ids)) views.set(one.id, rowView(name, one))
  }
  return rows.flatMap(({ id }) => views.get(id) ?? [])
}

function rowView(site: string, row: ListedJourney): RowView {
  const record = readRecord(row.json, row.appended)
  const { octets, tookMs, tls, mailbox } = inShort(record)
  const { smtp, status } = outcomeOf(record, row.status)
  const { nextAttemptAt } = row
  return {
    id: row.id,
    site,
    direction: row.direction,
    status: row.status,
    summary: row.summary,
    subject: row.subject,
    mail_from: row.mailFrom,
    rcpt_to: Array.from(row.rcptTo),
    author: row.author,
    started_at: timeOf(row.startedAt),
    ...(octets === undefined ? {} : { size: octets }),
    took_ms: tookMs,
    message_id_header: row.headerMessageId,
    checks: { ...checksIn(record), ...(tls === undefined ? {} : { tls }) },
    outcome: {
      word: status,
      ...(smtp === null ? {} : { code: smtp.code, enhanced: smtp.enhanced }),
      ...(mailbox === undefined ? {} : { mailbox }),
      ...(nextAttemptAt === undefined ? {} : { next_try: timeOf(nextAttemptAt) }),
    },
  }
}

function timeOf(at: number): string {
  return new Date(at).toISOString()
}
