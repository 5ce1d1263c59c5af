import { formOf, type ReportFile, readReportMail } from '../report/report-mail.ts'
import { type ReportProblem, unreadable } from '../report/report-problem.ts'
import { type ReportReading, readUnpacked } from '../report/reading.ts'
import { unpackReport } from './report-archive.ts'
import { defaultUnpackLimits, type UnpackLimits } from './unpack-limits.ts'

/** A reading with the name that the file had in its message or archive; empty when it had none. */
export interface FoundReport {
  readonly name: string
  readonly reading: ReportReading
}

/** Octets of a file that is looked at; a longer one is refused. */
export const maxReportFile: number = 48 << 20

/**
 * Reads all reports in a file: a message (RFC 5322) that carries them, gzip, zip, XML or JSON, told
 * apart by its first octets. At least one result: what is no report says why, and so does what was
 * passed over. Never throws.
 */
export async function readReports(
  file: ReportFile,
  limits: UnpackLimits = defaultUnpackLimits,
): Promise<readonly FoundReport[]> {
  const { name, octets } = file
  if (octets.length > maxReportFile) {
    const text = `The file has ${octets.length} octets; ${maxReportFile} are read.`
    return [{ name, reading: unreadable({ code: 'too-large', where: '', text }) }]
  }
  const inside = { limits, depth: 0 }
  return formOf(octets) === 'mail' ? readMessage(file, inside) : readFile(file, inside)
}

/** Messages that are packed in messages that are packed. */
const maxDepth = 3

interface Inside {
  readonly limits: UnpackLimits
  readonly depth: number
}

async function readMessage(file: ReportFile, inside: Inside): Promise<readonly FoundReport[]> {
  const { feedback, files, problems } = readReportMail(file.octets)
  const found: FoundReport[] = feedback.map((reading) => ({ name: file.name, reading }))
  for (const one of files) found.push(...(await readFile(one, inside)))
  const [first, ...others] = problems
  const passedOver =
    first === undefined ? [] : [{ name: file.name, reading: unreadable(first, ...others) }]
  // Beside a report, what is none is the letter around it.
  const reports = found.filter(({ reading }) => !isNoReport(reading))
  if (reports.length > 0) return [...reports, ...passedOver]
  if (found.length > 0) return [...found, ...passedOver]
  const text = 'The message has no report in it: no attachment begins as one.'
  const none = unreadable({ code: 'not-a-report', where: '', text })
  return [{ name: file.name, reading: none }, ...passedOver]
}

/** It could be read, and is something else. */
function isNoReport(reading: ReportReading): boolean {
  return (
    reading.type === 'unreadable' && reading.problems.every(({ code }) => code === 'not-a-report')
  )
}

async function readFile(
  file: ReportFile,
  { limits, depth }: Inside,
): Promise<readonly FoundReport[]> {
  const { files, problems } = await unpackReport(file, limits)
  const readings: FoundReport[] = []
  for (const one of files) {
    const name = one.name === '' ? file.name : one.name
    // What was not packed has been looked at already.
    const isMail = one !== file && formOf(one.octets) === 'mail'
    if (isMail && depth < maxDepth) {
      readings.push(...(await readMessage({ ...one, name }, { limits, depth: depth + 1 })))
    } else for (const reading of readUnpacked(one)) readings.push({ name, reading })
  }
  const [first, ...others] = problems
  if (readings.length === 0 && first !== undefined) {
    return [{ name: file.name, reading: unreadable(first, ...others) }]
  }
  return readings.map(({ name, reading }) => ({ name, reading: withProblems(reading, problems) }))
}

function withProblems(reading: ReportReading, more: readonly ReportProblem[]): ReportReading {
  return more.length === 0 ? reading : { ...reading, problems: [...more, ...reading.problems] }
}
