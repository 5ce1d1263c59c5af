import { createHash, randomUUID } from 'node:crypto'
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { codeOf, WaybillError } from '../base/error.ts'
import type { Report } from '../report/reading.ts'
import { type ReportSummary, summarizeReport } from '../report/report-summary.ts'
import { type SyncFolder, makeFolder, syncFolder } from './make-folder.ts'

/** A report in the folder, in short. */
export interface StoredSummary extends ReportSummary {
  /** 16 hexadecimal digits, of the report's content: the same report has the same id. */
  readonly id: string
}

/** An answer to "the report whose id begins so". */
export type FoundStored =
  | { readonly type: 'found'; readonly id: string; readonly report: Report }
  | { readonly type: 'none' }
  | { readonly type: 'ambiguous'; readonly ids: readonly string[] }

const fileName = /^([0-9a-f]{16})\.json$/
/** The summary is the first line of a file, and is shorter. */
const maxFirstLine = 16_384

/**
 * Reports that were read, one JSON file each in a folder: `{"summary":…,"report":…}`, the summary on
 * the first line, so that a list does not read whole reports. A file is there whole or not at all.
 */
export class ReportFiles {
  readonly #folder: string
  readonly #sync: SyncFolder

  /** @param folder made when the first report is saved */
  constructor(folder: string, sync: SyncFolder = syncFolder) {
    this.#folder = folder
    this.#sync = sync
  }

  /** Keeps a report. One that is there already is left as it is. */
  async save(report: Report): Promise<{ readonly id: string; readonly known: boolean }> {
    const content = JSON.stringify(report)
    const id = createHash('sha256').update(content).digest('hex').slice(0, 16)
    const path = join(this.#folder, `${id}.json`)
    for (const made of makeFolder(this.#folder)) this.#sync(dirname(made))
    if (await exists(path)) return { id, known: true }
    const temporary = join(this.#folder, `.${id}.${randomUUID()}.tmp`)
    try {
      const file = await open(temporary, 'w', 0o600)
      try {
        const summary = JSON.stringify({ id, ...summarizeReport(report) } satisfies StoredSummary)
        await file.writeFile(`{"summary":${summary},\n"report":${content}}\n`)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, path)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
    this.#sync(this.#folder)
    return { id, known: false }
  }

  /**
   * All reports, the latest period first.
   *
   * @param onOther told of each file that is named as a report and is none: it was changed
   */
  async list(onOther: (path: string) => void = () => undefined): Promise<readonly StoredSummary[]> {
    const summaries: StoredSummary[] = []
    for (const id of await this.#ids()) {
      const line = await firstLine(join(this.#folder, `${id}.json`))
      const summary = line.endsWith(',') ? readSummary(`${line.slice(0, -1)}}`) : undefined
      if (summary === undefined) onOther(join(this.#folder, `${id}.json`))
      else summaries.push({ ...summary, id })
    }
    return summaries.sort((a, b) => {
      const later = (b.end ?? 0) - (a.end ?? 0)
      return later === 0 ? compare(a.id, b.id) : later
    })
  }

  /**
   * The report whose id begins with `start` (4 digits or more).
   *
   * @throws WaybillError `store-broken` when its file was changed into something else
   */
  async find(start: string): Promise<FoundStored> {
    if (!/^[0-9a-f]{4,16}$/.test(start)) return { type: 'none' }
    const ids = (await this.#ids()).filter((id) => id.startsWith(start))
    const [id] = ids
    if (id === undefined) return { type: 'none' }
    if (ids.length > 1) return { type: 'ambiguous', ids }
    const path = join(this.#folder, `${id}.json`)
    const report = readStored(await readFile(path, 'utf8'))
    if (report === undefined) throw new WaybillError('store-broken', `${path} is not a report.`)
    return { type: 'found', id, report }
  }

  /**
   * Whole reports in the order of these ids, until their files have `mostOctets` together; one that
   * has gone or was changed is left out.
   */
  async readMany(ids: readonly string[], mostOctets: number): Promise<readonly Report[]> {
    const reports: Report[] = []
    let left = mostOctets
    for (const id of ids) {
      const path = join(this.#folder, `${id}.json`)
      const size = await sizeOf(path)
      if (size > left) break
      left -= size
      const report = size === 0 ? undefined : readStored(await readFile(path, 'utf8'))
      if (report !== undefined) reports.push(report)
    }
    return reports
  }

  async #ids(): Promise<readonly string[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    })
    return names.flatMap((name) => fileName.exec(name)?.[1] ?? [])
  }
}

/** The reports of a data folder. */
export function reportFilesIn(dataFolder: string): ReportFiles {
  return new ReportFiles(join(dataFolder, 'reports'))
}

/** 0: there is none. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 0
    throw error
  }
}

async function firstLine(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(maxFirstLine), 0, maxFirstLine, 0)
    const end = buffer.subarray(0, bytesRead).indexOf(10)
    return end < 0 ? '' : new TextDecoder().decode(buffer.subarray(0, end))
  } finally {
    await file.close()
  }
}

/** What `save` wrote; a person may have changed it. */
function readStored(json: string): Report | undefined {
  try {
    const { report }: { readonly report?: Report } = JSON.parse(json)
    return report
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function readSummary(json: string): ReportSummary | undefined {
  try {
    const { summary }: { readonly summary?: unknown } = JSON.parse(json)
    // Reports that 0.1.0 kept do not say whether they were read in part.
    return isSummary(summary) ? { ...summary, partial: summary.partial === true } : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function isSummary(
  value: unknown,
): value is Omit<ReportSummary, 'partial'> & { readonly partial?: unknown } {
  if (typeof value !== 'object' || value === null) return false
  const kinds: readonly unknown[] = ['aggregate', 'tls', 'failure', 'abuse']
  const texts = ['reporter', 'domain', 'reportId']
  const numbers = ['total', 'failed', 'problems']
  const times = ['begin', 'end']
  const member = new Map<string, unknown>(Object.entries(value))
  return (
    kinds.includes(member.get('kind')) &&
    texts.every((name) => typeof member.get(name) === 'string') &&
    numbers.every((name) => typeof member.get(name) === 'number') &&
    times.every((name) => member.get(name) === null || typeof member.get(name) === 'number')
  )
}

async function exists(path: string): Promise<boolean> {
  try {
    await (await open(path, 'r')).close()
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
