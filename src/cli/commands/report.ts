import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { WaybillError } from '../../base/error.ts'
import { keptJson, reportJson } from '../../desk/report-json.ts'
import { findReport, isChosen, keepReports, type KeptReport } from '../../desk/kept-reports.ts'
import { type ReportFiles, reportFilesIn } from '../../io/report-files.ts'
import { type FoundReport, readReports } from '../../io/report-reader.ts'
import type { Report } from '../../report/reading.ts'
import { readInPart } from '../../report/report-problem.ts'
import { configWords, dataFolderOf, type DataOptions, dataWords } from '../data.ts'
import { exitCodes, print, printJson, say } from '../output.ts'
import { problemLine, reportLine, reportText } from '../render/report.ts'
import { openReportInputs, type ReportInput } from '../report-input.ts'
import { bounceCommand } from './bounce.ts'
import { count } from './list.ts'

/** `waybill report list|show|import|bounce`. */
export function reportCommand(): Command {
  return new Command('report')
    .description('read DMARC, TLS and abuse reports that others sent about your mail')
    .addCommand(listReports())
    .addCommand(showReport())
    .addCommand(importReports())
    .addCommand(bounceCommand())
}

interface ReadOptions extends DataOptions {
  readonly json?: boolean
}

interface ListOptions extends DataOptions {
  readonly limit: number
  readonly domain?: string
  readonly kind?: Report['type']
  readonly json?: boolean
}

function listReports(): Command {
  return new Command('list')
    .description('list the imported reports, the latest period first')
    .option('--data <folder>', dataWords)
    .option('--config <file>', configWords)
    .option('-n, --limit <count>', 'how many', count, 50)
    .option('--domain <name>', 'only reports about this domain')
    .addOption(
      new Option('--kind <kind>', 'only reports of this kind').choices([
        'aggregate',
        'tls',
        'failure',
        'abuse',
      ]),
    )
    .option('--json', 'one JSON object a line')
    .action(async (options: ListOptions) => {
      const all = await reportFilesIn(dataFolderOf(options)).list((path) => {
        say(`${path} is not a report any more: somebody changed it.`)
        process.exitCode = exitCodes.no
      })
      const { kind, domain } = options
      const kinds = kind === undefined ? undefined : [kind]
      const chosen = all.filter((one) => isChosen(one, { kinds, domain }))
      for (const summary of chosen.slice(0, options.limit)) {
        if (options.json === true) printJson(reportJson(summary))
        else print(reportLine(summary))
      }
      if (options.json === true) return
      const left = chosen.length - options.limit
      if (left > 0) say(`There are ${left} more (--limit).`)
      if (chosen.length === 0) {
        say('No reports here. waybill report import FILE reads those that you have.')
      }
    })
}

function showReport(): Command {
  return new Command('show')
    .description('show a report: an imported one by its id, or one that lies in a file')
    .argument('<id or file>', 'the first digits of an id, "last", or a path')
    .option('--data <folder>', dataWords)
    .option('--config <file>', configWords)
    .option('--json', 'one JSON object for each report')
    .action(async (ref: string, options: ReadOptions) => {
      const stored = await findStored(ref, dataFolderOf(options))
      if (stored !== undefined) show(stored, options)
      else await showFile(ref, options)
    })
}

async function findStored(ref: string, data: string): Promise<Report | undefined> {
  const files = reportFilesIn(data)
  const [latest] = ref === 'last' ? await files.list() : []
  try {
    return (await findReport(files, latest?.id ?? ref)).report
  } catch (problem) {
    const none = problem instanceof WaybillError && problem.code === 'not-found'
    if (none && (ref === '-' || existsSync(ref))) return undefined
    throw problem
  }
}

async function showFile(path: string, options: { readonly json?: boolean }): Promise<void> {
  let shown = 0
  for await (const input of openReportInputs(path)) {
    if (input.problem !== undefined) {
      process.exitCode = exitCodes.no
      say(`${input.path}: ${input.problem}`)
    }
    for (const { reading } of await readingsOf(input)) {
      if (reading.type === 'unreadable') {
        process.exitCode = exitCodes.no
        for (const problem of reading.problems) say(`${input.path}: ${problemLine(problem)}`)
        continue
      }
      if (readInPart(reading.problems)) process.exitCode = exitCodes.no
      if (shown++ > 0 && options.json !== true) print('')
      show(reading, options)
    }
  }
}

/** What could not be opened has nothing in it to read. */
async function readingsOf(input: ReportInput): Promise<readonly FoundReport[]> {
  if (input.problem !== undefined && input.octets.length === 0) return []
  return await readReports(input)
}

function show(report: Report, { json }: { readonly json?: boolean }): void {
  if (json === true) printJson(report)
  else print(reportText(report))
}

function importReports(): Command {
  return new Command('import')
    .description('read reports from messages and files, and keep them')
    .argument('<file...>', 'messages, mbox files, Maildirs, XML, JSON, gzip, zip; "-" is stdin')
    .option('--data <folder>', dataWords)
    .option('--config <file>', configWords)
    .option('--json', 'one JSON object a line')
    .action((paths: readonly string[], options: ImportOptions) => {
      return new Importing(options).all(paths)
    })
}

interface ImportOptions extends DataOptions {
  readonly json?: boolean
}

class Importing {
  readonly #options: ImportOptions
  readonly #files: ReportFiles
  readonly #counts = { imported: 0, known: 0, partial: 0, unreadable: 0 }

  constructor(options: ImportOptions) {
    this.#options = options
    this.#files = reportFilesIn(dataFolderOf(options))
  }

  /** One path that is not there does not keep the others from being read. */
  async all(paths: readonly string[]): Promise<void> {
    const missing: WaybillError[] = []
    for (const path of paths) {
      try {
        for await (const input of openReportInputs(path)) await this.#one(input)
      } catch (problem) {
        if (!(problem instanceof WaybillError) || problem.code !== 'not-found') throw problem
        missing.push(problem)
      }
    }
    const [first, ...others] = missing
    for (const problem of others) say(problem.message)
    const { partial, unreadable } = this.#counts
    if (this.#options.json !== true && missing.length < paths.length) say(told(this.#counts))
    if (partial > 0 || unreadable > 0) process.exitCode = exitCodes.no
    if (first !== undefined) throw first
  }

  async #one(input: ReportInput): Promise<void> {
    const { path, problem } = input
    if (problem !== undefined) {
      const problems = [{ code: 'not-readable', where: '', text: problem }]
      this.#tell(path, { name: input.name, result: 'unreadable', problems })
      if (input.octets.length === 0) return
    }
    const files = { save: (report: Report) => this.#save(report) }
    for (const kept of await keepReports(files, input)) this.#tell(path, kept)
  }

  async #save(report: Report): ReturnType<ReportFiles['save']> {
    const data = dataFolderOf(this.#options)
    if (!existsSync(data)) {
      say(`There is no data folder ${resolve(data)} yet: it is made for these reports.`)
    }
    return await this.#files.save(report)
  }

  #tell(path: string, kept: KeptReport): void {
    this.#counts[kept.result]++
    if (kept.result !== 'unreadable' && kept.summary.partial) this.#counts.partial++
    if (this.#options.json === true) printJson({ file: path, ...keptJson(kept) })
    else if (kept.result === 'imported') print(reportLine(kept.summary))
    else if (kept.result === 'unreadable') {
      for (const problem of kept.problems) say(`${path}: ${problemLine(problem)}`)
    }
  }
}

function told(counts: {
  readonly imported: number
  readonly known: number
  readonly partial: number
  readonly unreadable: number
}): string {
  const parts = [
    `${counts.imported} imported`,
    ...(counts.known > 0 ? [`${counts.known} here already`] : []),
    ...(counts.partial > 0 ? [`${counts.partial} read in part`] : []),
    ...(counts.unreadable > 0 ? [`${counts.unreadable} not readable`] : []),
  ]
  return `${parts.join(', ')}.`
}
