import { readRecord } from '../journey/facts.ts'
import type { JourneyRecord } from '../journey/record.ts'
import type { AggregateRow } from '../report/gather-aggregate.ts'
import { aggregateRow } from '../reporting/aggregate-row.ts'
import type { ReportSource } from '../reporting/send-aggregate.ts'
import type { JourneyRow, StoreReader } from '../store/store.ts'

const page = 500

/**
 * Our verdicts, read back from the journeys in the store: there is no second account of them.
 *
 * A report is known to have been sent by its id, which stands in the subject of its own journey.
 */
export function storeReportSource(
  reader: StoreReader,
  options: {
    /** Reports before this time are of no interest. Unix milliseconds. */
    readonly sentSince: number
  },
): ReportSource {
  return {
    *rows({ begin, end }) {
      for (const row of since(reader, { begin, before: end, direction: 'in' })) {
        const found = reader.findJourney(row.id)
        if (found.type !== 'found') continue
        const verdict = verdictOf(readRecord(found.journey.json, []))
        if (verdict !== undefined) yield verdict
      }
    },
    wasSent(reportId) {
      for (const row of since(reader, { begin: options.sentSince, direction: 'out' })) {
        if (row.subject.includes(reportId)) return true
      }
      return false
    },
  }
}

/** Journeys from newest to oldest, page by page. */
function* since(
  reader: StoreReader,
  query: { readonly begin: number; readonly before?: number; readonly direction: 'in' | 'out' },
): Generator<JourneyRow> {
  const { begin, before, direction } = query
  let behind: string | undefined
  for (;;) {
    const rows = reader.listJourneys({
      limit: page,
      direction,
      ...(before === undefined ? {} : { before }),
      ...(behind === undefined ? {} : { behind }),
    })
    for (const row of rows) {
      if (row.startedAt < begin) return
      yield row
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < page) return
    behind = last.id
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
