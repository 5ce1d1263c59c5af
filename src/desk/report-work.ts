import { encodeUtf8 } from '../base/octets.ts'
import type { ReportFiles } from '../io/report-files.ts'
import type { Done } from '../io/work-loop.ts'
import { adviseOn, adviseOnAll } from '../report/report-advice.ts'
import type { Report } from '../report/reading.ts'
import type { ReportFile } from '../report/report-mail.ts'
import { summarizeReport, summarizeSources } from '../report/report-summary.ts'
import { WaybillError } from '../base/error.ts'
import { reportJson, type SourceJson, sourceJson } from './report-json.ts'
import { findReport, type KeptReport, keepReports } from './kept-reports.ts'

/** What is asked of the thread that reads reports. */
export type ReportTask =
  | { readonly type: 'keep'; readonly file: ReportFile }
  | { readonly type: 'overview'; readonly ids: readonly string[] }
  | { readonly type: 'show'; readonly ref: string; readonly kinds: readonly Report['type'][] }

/** What many reports come to. */
export interface ReportsOverview {
  /** Those with the most failures first. */
  readonly sources: readonly SourceJson[]
  readonly moreSources: number
  /** What to look at, the weightiest first. */
  readonly advice: readonly string[]
  /** Older ones that it does not know. */
  readonly unread: number
}

/** What it says. */
export type ReportAnswer =
  | { readonly type: 'kept'; readonly kept: readonly KeptReport[] }
  | { readonly type: 'overview'; readonly overview: ReportsOverview }
  /** One report as JSON. */
  | { readonly type: 'shown'; readonly octets: Uint8Array<ArrayBuffer> }

/** What is read whole for one answer: sources and advice are of the newest reports up to here. */
const mostRead = 16 << 20
const mostSources = 200

/** Does it, over the reports of a folder. @throws WaybillError as `findReport` */
export async function doReportTask(
  files: Pick<ReportFiles, 'save' | 'find' | 'readMany'>,
  task: ReportTask,
): Promise<Done<ReportAnswer>> {
  switch (task.type) {
    case 'keep':
      return { answer: { type: 'kept', kept: await keepReports(files, task.file) } }
    case 'overview':
      return { answer: { type: 'overview', overview: await overviewOf(files, task.ids) } }
    case 'show': {
      const octets = await shown(files, task)
      return { answer: { type: 'shown', octets }, given: [octets.buffer] }
    }
  }
}

async function overviewOf(
  files: Pick<ReportFiles, 'readMany'>,
  ids: readonly string[],
): Promise<ReportsOverview> {
  const read = await files.readMany(ids, mostRead)
  const records = read.flatMap((one) => (one.type === 'aggregate' ? one.records : []))
  const sources = summarizeSources({ records })
  return {
    sources: sources.slice(0, mostSources).map(sourceJson),
    moreSources: Math.max(0, sources.length - mostSources),
    advice: adviseOnAll(read),
    unread: ids.length - read.length,
  }
}

async function shown(
  files: Pick<ReportFiles, 'find'>,
  { ref, kinds }: Extract<ReportTask, { readonly type: 'show' }>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { id, report } = await findReport(files, ref)
  if (!kinds.includes(report.type)) {
    throw new WaybillError('not-found', `The report ${id} is one of kind ${report.type}.`)
  }
  const sources = report.type === 'aggregate' ? summarizeSources(report) : []
  return encodeUtf8(
    JSON.stringify({
      ...reportJson({ id, ...summarizeReport(report) }),
      sources: sources.slice(0, mostSources).map(sourceJson),
      advice: adviseOn(report),
      faults: report.problems.map(({ code, where, text }) => ({ code, where, text })),
      report,
    }),
  )
}
