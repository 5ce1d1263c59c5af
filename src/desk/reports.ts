import { type ReportFiles, reportFilesIn } from '../io/report-files.ts'
import { startBeside } from '../io/start-worker.ts'
import { type StartWorker, WorkThread } from '../io/work-thread.ts'
import type { Report } from '../report/reading.ts'
import type { ReportFile } from '../report/report-mail.ts'
import { member, notMeant, type Operation } from './act.ts'
import type { KeptReport } from './kept-reports.ts'
import type { ReportAnswer, ReportsOverview, ReportTask } from './report-work.ts'

/** What the desk needs for reports. */
export interface ReportPart {
  readonly reports: ReportDesk
}

/**
 * What may be done with reports that others sent. What has to be read for it is unpacked and read on a
 * thread of its own, one after the other: a report may have 50,000 records.
 */
export class ReportDesk {
  readonly files: Pick<ReportFiles, 'list'>
  readonly #thread: WorkThread<ReportTask, ReportAnswer>

  /** @param folder the data folder */
  constructor(folder: string, start: StartWorker = () => startReportWorker(folder)) {
    this.files = reportFilesIn(folder)
    this.#thread = new WorkThread(start)
  }

  /** Keeps all reports that are in a file. */
  async keep(file: ReportFile): Promise<readonly KeptReport[]> {
    const answer = await this.#thread.do({ type: 'keep', file })
    return answer.type === 'kept' ? answer.kept : wrong(answer)
  }

  /** What these reports come to, the newest of them first. */
  async overview(ids: readonly string[]): Promise<ReportsOverview> {
    const answer = await this.#thread.do({ type: 'overview', ids })
    return answer.type === 'overview' ? answer.overview : wrong(answer)
  }

  /**
   * One report of these kinds as JSON, whole.
   *
   * @throws WaybillError `not-found`, `usage`, `store-broken`
   */
  async show(ref: string, kinds: readonly Report['type'][]): Promise<Uint8Array<ArrayBuffer>> {
    const answer = await this.#thread.do({ type: 'show', ref, kinds })
    return answer.type === 'shown' ? answer.octets : wrong(answer)
  }
}

function wrong({ type }: ReportAnswer): never {
  throw new Error(`reports: the thread that reads them said "${type}"`)
}

function startReportWorker(folder: string): ReturnType<StartWorker> {
  const setup = {
    file: 'report-worker',
    name: 'waybill-reports',
    data: folder,
    memory: { maxOldGenerationSizeMb: 1024 },
  }
  return startBeside(import.meta.url, setup)
}

/** `POST /v1/reports/dmarc`: what `waybill report import` does. */
export const reportImport: Operation<ReportPart, ReportFile, readonly KeptReport[]> = {
  name: 'report import',
  read(input) {
    const [name, octets] = [member(input, 'name'), member(input, 'octets')]
    if (!(octets instanceof Uint8Array)) throw notMeant('report import', '"octets" of a file')
    return { name: typeof name === 'string' ? name : '', octets }
  },
  run: ({ reports }, file) => reports.keep(file),
  tell({ name }, kept) {
    const ids = kept.flatMap((one) => (one.result === 'imported' ? [one.summary.id] : []))
    return ids.length === 0 ? undefined : { file: name, reports: ids }
  },
}
