import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import { WaybillError } from '../../base/error.ts'
import { ReportFiles, type StoredSummary } from '../../io/report-files.ts'
import { readReports } from '../../io/report-reader.ts'
import type { Report } from '../../report/reading.ts'
import { summarizeReport } from '../../report/report-summary.ts'
import { defaultData } from '../data.ts'
import { exitCodes, print, printJson, say } from '../output.ts'
import { problemLine, reportLine, reportText } from '../render/report.ts'
import { openReportInputs } from '../report-input.ts'
import { count } from './list.ts'

/** `waybill report list|show|import`. */
export function reportCommand(): Command {
  return new Command('report')
    .description('read DMARC, TLS and abuse reports that others sent about your mail')
    .addCommand(listReports())
    .addCommand(showReport())
    .addCommand(importReports())
}

interface ListOptions {
  readonly data: string
  readonly limit: number
  readonly domain?: string
  readonly kind?: string
  readonly json?: boolean
}

function listReports(): Command {
  return new Command('list')
    .description('list the imported reports, the latest period first')
    .option('--data <folder>', 'the data folder', defaultData)
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
      const wanted = options.domain?.toLowerCase()
      const all = await filesIn(options.data).list()
      const chosen = all.filter(({ kind, domain }) => {
        const right = wanted === undefined || domain.split(', ').includes(wanted)
        return right && (options.kind === undefined || options.kind === kind)
      })
      for (const summary of chosen.slice(0, options.limit)) {
        if (options.json === true) printJson(summaryJson(summary))
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
    .option('--data <folder>', 'the data folder', defaultData)
    .option('--json', 'one JSON object for each report')
    .action(async (ref: string, options: { readonly data: string; readonly json?: boolean }) => {
      const stored = await findStored(ref, options.data)
      if (stored !== undefined) show(stored, options)
      else await showFile(ref, options)
    })
}

async function findStored(ref: string, data: string): Promise<Report | undefined> {
  const files = filesIn(data)
  const [latest] = ref === 'last' ? await files.list() : []
  const found = await files.find(latest?.id ?? ref.toLowerCase())
  switch (found.type) {
    case 'found':
      return found.report
    case 'none': {
      if (ref === '-' || existsSync(ref)) return undefined
      throw new WaybillError('not-found', `There is no report "${ref}".`, {
        hint: 'waybill report list shows them; 4 digits of an id are enough. A path works, too.',
      })
    }
    case 'ambiguous':
      throw new WaybillError('usage', `"${ref}" is the beginning of several ids.`, {
        hint: `One of: ${found.ids.slice(0, 8).join(', ')}`,
      })
  }
}

async function showFile(path: string, options: { readonly json?: boolean }): Promise<void> {
  let shown = 0
  for await (const input of openReportInputs(path)) {
    for (const { reading } of await readReports(input)) {
      if (reading.type === 'unreadable') {
        process.exitCode = exitCodes.no
        for (const problem of reading.problems) say(`${input.path}: ${problemLine(problem)}`)
        continue
      }
      if (shown++ > 0 && options.json !== true) print('')
      show(reading, options)
    }
  }
}

function show(report: Report, { json }: { readonly json?: boolean }): void {
  if (json === true) printJson(report)
  else print(reportText(report))
}

function importReports(): Command {
  return new Command('import')
    .description('read reports from messages and files, and keep them')
    .argument('<file...>', 'messages, mbox files, Maildirs, XML, JSON, gzip, zip; "-" is stdin')
    .option('--data <folder>', 'the data folder', defaultData)
    .option('--json', 'one JSON object a line')
    .action(async (paths: readonly string[], options: { data: string; json?: boolean }) => {
      const files = filesIn(options.data)
      const counts = { imported: 0, known: 0, unreadable: 0 }
      for (const path of paths) {
        for await (const input of openReportInputs(path)) {
          for (const { name, reading } of await readReports(input)) {
            const { path: from } = input
            if (reading.type === 'unreadable') {
              counts.unreadable++
              const { problems } = reading
              if (options.json === true)
                printJson({ file: from, name, result: 'unreadable', problems })
              else for (const problem of problems) say(`${from}: ${problemLine(problem)}`)
              continue
            }
            const { id, known } = await files.save(reading)
            if (known) counts.known++
            else counts.imported++
            const summary = { id, ...summarizeReport(reading) }
            const result = known ? 'known' : 'imported'
            if (options.json === true) {
              printJson({ file: from, name, result, ...summaryJson(summary) })
            } else if (!known) print(reportLine(summary))
          }
        }
      }
      if (options.json !== true) say(told(counts))
      if (counts.unreadable > 0) process.exitCode = exitCodes.no
    })
}

function told(counts: { imported: number; known: number; unreadable: number }): string {
  const parts = [
    `${counts.imported} imported`,
    ...(counts.known > 0 ? [`${counts.known} here already`] : []),
    ...(counts.unreadable > 0 ? [`${counts.unreadable} not readable`] : []),
  ]
  return `${parts.join(', ')}.`
}

function filesIn(data: string): ReportFiles {
  return new ReportFiles(join(data, 'reports'))
}

function summaryJson(summary: StoredSummary): Readonly<Record<string, unknown>> {
  const time = (seconds: number | null): string | null => {
    return seconds === null ? null : new Date(seconds * 1000).toISOString()
  }
  return {
    id: summary.id,
    kind: summary.kind,
    reporter: summary.reporter,
    domain: summary.domain,
    report_id: summary.reportId,
    begin: time(summary.begin),
    end: time(summary.end),
    total: summary.total,
    failed: summary.failed,
    problems: summary.problems,
  }
}
