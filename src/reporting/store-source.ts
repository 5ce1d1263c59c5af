import { type JourneyRecord, readRecord } from '../journey/record.ts'
import type { AggregateRow } from '../report/gather-aggregate.ts'
import { aggregateRow } from './aggregate-row.ts'
import type { ReportSource } from './send-aggregate.ts'
import type { ReadPorts } from '../store/reads.ts'
import type { JourneyRow } from '../store/ports/journeys.ts'

/** Journeys that are read, and records that are opened, between two turns. */
const page = 50

/** The subject of an aggregate report's own journey, by which it is known again. */
export function reportSubject(reportId: string): string {
  return `DMARC report ${reportId}`
}

/**
 * Our verdicts, read back from the journeys in the store: there is no second account of them.
 *
 * A report is known to have been sent by its id, which stands in the subject of its own journey.
 * All is read in small pages, with a turn between them, because the same thread speaks SMTP.
 */
export function storeReportSource(
  reader: ReadPorts,
  options: {
    /** Reports before this time are of no interest. Unix milliseconds. */
    readonly sentSince: number
    /** Lets other work go on. */
    readonly turn: () => Promise<void>
    /** The store is not asked any more. */
    readonly stopped: () => boolean
  },
): ReportSource {
  let sent: Promise<ReadonlySet<string>> | undefined
  const subjects = async (): Promise<ReadonlySet<string>> => {
    const found = new Set<string>()
    for await (const row of since(reader, {
      ...options,
      begin: options.sentSince,
      direction: 'out',
    })) {
      if (row.subject.startsWith(reportSubject(''))) found.add(row.subject)
    }
    return found
  }
  return {
    async *rows({ begin, end }) {
      for await (const row of since(reader, { ...options, begin, before: end, direction: 'in' })) {
        const found = await reader.journeys.find(row.id)
        if (found.type !== 'found') continue
        const verdict = verdictOf(readRecord(found.journey.json, []))
        if (verdict !== undefined) yield verdict
      }
    },
    async wasSent(reportId) {
      sent ??= subjects()
      return (await sent).has(reportSubject(reportId))
    },
  }
}

/**
 * Journeys from newest to oldest. The place in the list is kept as the time of the last row and not
 * as its id: the row may be pruned before the next page is read, and later ones come meanwhile.
 */
async function* since(
  reader: ReadPorts,
  query: {
    readonly begin: number
    readonly before?: number
    readonly direction: 'in' | 'out'
    readonly turn: () => Promise<void>
    readonly stopped: () => boolean
  },
): AsyncGenerator<JourneyRow, void, undefined> {
  const { begin, direction, turn, stopped } = query
  let before = query.before
  /** Those of the last time of all that were given already. */
  let given: ReadonlySet<string> = new Set()
  while (!stopped()) {
    const limit = page + given.size
    const more = before === undefined ? {} : { before }
    const rows = await reader.journeys.list({ limit, direction, ...more })
    for (const row of rows) {
      if (row.startedAt < begin || stopped()) return
      if (!given.has(row.id)) yield row
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < limit) return
    before = last.startedAt + 1
    given = new Set(
      rows.filter(({ startedAt }) => startedAt === last.startedAt).map(({ id }) => id),
    )
    await turn()
  }
}

function verdictOf(record: JourneyRecord): AggregateRow | undefined {
  const { steps, startedAt: receivedAt } = record
  const spf = steps.find((step) => step.type === 'spf')
  const dkim = steps.find((step) => step.type === 'dkim')
  const dmarc = steps.find((step) => step.type === 'dmarc')
  const decision = steps.find((step) => step.type === 'decision')
  const arc = steps.find((step) => step.type === 'arc')
  if (spf === undefined || dkim === undefined || dmarc === undefined) return undefined
  if (decision === undefined) return undefined
  const evaluation = {
    spf: spf.verdict,
    dkim: dkim.verdicts,
    dmarc: dmarc.verdict,
    arc: arc?.verdict ?? { result: 'none' as const },
  }
  return aggregateRow({ receivedAt, evaluation, decision: decision.decision })
}
