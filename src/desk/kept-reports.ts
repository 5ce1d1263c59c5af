import { WaybillError } from '../base/error.ts'
import type { ReportFiles, StoredSummary } from '../io/report-files.ts'
import { readReports } from '../io/report-reader.ts'
import type { Report } from '../report/reading.ts'
import type { ReportFile } from '../report/report-mail.ts'
import { summarizeReport } from '../report/report-summary.ts'

/** Which reports are meant. */
export interface ReportChoice {
  readonly kinds?: readonly Report['type'][] | undefined
  readonly domain?: string | undefined
  /** Unix seconds: reports whose period ends before are left out, and those that begin behind. */
  readonly since?: number | undefined
  readonly until?: number | undefined
}

/** What became of one report in a file that was to be kept. */
export type KeptReport =
  | {
      readonly name: string
      readonly result: 'imported' | 'known'
      readonly summary: StoredSummary
    }
  | {
      readonly name: string
      readonly result: 'unreadable'
      readonly problems: readonly { readonly where: string; readonly text: string }[]
    }

/** Whether a report is one of those that are meant. */
export function isChosen(
  { kind, domain, begin, end }: StoredSummary,
  choice: ReportChoice,
): boolean {
  const wanted = choice.domain?.toLowerCase()
  if (wanted !== undefined && !domain.split(', ').includes(wanted)) return false
  if (choice.kinds !== undefined && !choice.kinds.includes(kind)) return false
  if (choice.since !== undefined && (end ?? begin ?? 0) < choice.since) return false
  return choice.until === undefined || (begin ?? end ?? 0) <= choice.until
}

/** Keeps all reports that are in a file. */
export async function keepReports(
  files: Pick<ReportFiles, 'save'>,
  file: ReportFile,
): Promise<readonly KeptReport[]> {
  const kept: KeptReport[] = []
  for (const { name, reading } of await readReports(file)) {
    if (reading.type === 'unreadable') {
      kept.push({ name, result: 'unreadable', problems: reading.problems })
      continue
    }
    const { id, known } = await files.save(reading)
    const summary = { id, ...summarizeReport(reading) }
    kept.push({ name, result: known ? 'known' : 'imported', summary })
  }
  return kept
}

/** The report that is meant by the first digits of its id. @throws WaybillError `not-found`, `usage` */
export async function findReport(
  files: Pick<ReportFiles, 'find'>,
  ref: string,
): Promise<{ readonly id: string; readonly report: Report }> {
  const found = await files.find(ref.toLowerCase())
  if (found.type === 'found') return found
  if (found.type === 'none') {
    throw new WaybillError('not-found', `There is no report "${ref}".`, {
      hint: 'waybill report list shows them; 4 digits of an id are enough. A path works, too.',
    })
  }
  throw new WaybillError('usage', `"${ref}" is the beginning of several ids.`, {
    hint: `One of: ${found.ids.slice(0, 8).join(', ')}`,
  })
}
