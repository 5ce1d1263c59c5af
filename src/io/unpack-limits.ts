import type { ReportFile } from '../report/report-mail.ts'
import type { ReportProblem } from '../report/report-problem.ts'

/** How far an archive is unpacked. */
export interface UnpackLimits {
  /** Octets of everything in it. */
  readonly maxOctets: number
  /** Octets of a file in it for each packed octet; DEFLATE can make a thousand. */
  readonly maxRatio: number
  /** Below this the ratio does not matter: short texts of one word pack well. */
  readonly freeOctets: number
  readonly maxFiles: number
}

/** Reports of 50,000 records pack 40 to 1, and have 30 MB. */
export const defaultUnpackLimits: UnpackLimits = {
  maxOctets: 32 << 20,
  maxRatio: 200,
  freeOctets: 1 << 20,
  maxFiles: 10,
}

/** What came out of an archive, and what was wrong with it. */
export interface UnpackedReports {
  readonly files: readonly ReportFile[]
  readonly problems: readonly ReportProblem[]
}

/** Octets that so many packed ones may become. */
export function roomFor(packed: number, limits: UnpackLimits): number {
  return Math.min(limits.maxOctets, Math.max(limits.freeOctets, packed * limits.maxRatio))
}

/** It would become more than `room` octets. */
export function tooLarge(room: number): ReportProblem {
  const text = `It would unpack to more than ${room} octets, and was not.`
  return { code: 'too-large', where: '', text }
}

/** What is wrong with an archive, in one sentence. */
export function archiveProblem(text: string): ReportProblem {
  return { code: 'archive', where: '', text }
}
