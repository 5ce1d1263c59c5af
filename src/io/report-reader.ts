import { formOf, type ReportFile, readReportMail } from '../report/report-mail.ts'
import { type ReportProblem, unreadable } from '../report/report-problem.ts'
import { type ReportReading, readUnpacked } from '../report/reading.ts'
import { defaultUnpackLimits, type UnpackLimits, unpackReport } from './report-archive.ts'

/** A reading with the name that the file had in its message or archive; empty when it had none. */
export interface FoundReport {
  readonly name: string
  readonly reading: ReportReading
}

/** Octets of a file that is looked at; a longer one is refused. */
export const maxReportFile: number = 48 << 20

/**
 * Reads all reports in a file: a message (RFC 5322) that carries them, gzip, zip, XML or JSON, told
 * apart by its first octets. At least one result: what is no report says why. Never throws.
 */
export function readReports(
  file: ReportFile,
  limits: UnpackLimits = defaultUnpackLimits,
): readonly FoundReport[] {
  const { name, octets } = file
  if (octets.length > maxReportFile) {
    const text = `The file has ${octets.length} octets; ${maxReportFile} are read.`
    return [{ name, reading: unreadable({ code: 'too-large', where: '', text }) }]
  }
  if (formOf(octets) !== 'mail') return readFile(file, limits)
  const { feedback, files } = readReportMail(octets)
  if (feedback !== undefined) return [{ name, reading: feedback }]
  const found = files.flatMap((one) => readFile(one, limits))
  // Beside a report, what is none is the letter around it.
  const reports = found.filter(({ reading }) => reading.type !== 'unreadable')
  if (reports.length > 0) return reports
  if (found.length > 0) return found
  const text = 'The message has no report in it: no attachment begins as one.'
  return [{ name, reading: unreadable({ code: 'not-a-report', where: '', text }) }]
}

function readFile(file: ReportFile, limits: UnpackLimits): readonly FoundReport[] {
  const { files, problems } = unpackReport(file, limits)
  const readings = files.map((one) => ({
    name: one.name === '' ? file.name : one.name,
    reading: withProblems(readUnpacked(one), problems),
  }))
  const [first, ...others] = problems
  if (readings.length > 0 || first === undefined) return readings
  return [{ name: file.name, reading: unreadable(first, ...others) }]
}

function withProblems(reading: ReportReading, more: readonly ReportProblem[]): ReportReading {
  return more.length === 0 ? reading : { ...reading, problems: [...more, ...reading.problems] }
}
