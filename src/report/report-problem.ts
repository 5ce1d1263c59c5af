import { oneLine } from '../message/field.ts'

/** What can be wrong with a report. Nothing of it keeps the rest from being read. */
export type ReportProblemCode =
  /** The file or message is none of the reports known here. */
  | 'not-a-report'
  /** The octets are not the text that they claim to be. */
  | 'encoding'
  /** The XML, JSON or header is broken; what could be read was read. */
  | 'malformed'
  /** A document type, and with it entities: it is passed over. */
  | 'doctype'
  /** A limit was met; the rest was not read. */
  | 'too-large'
  /** Something stands there more often than it is read. */
  | 'passed-over'
  /** An archive cannot be unpacked, or not wholly. */
  | 'archive'
  /** Something that must be there is not. */
  | 'missing'
  /** A value that means nothing known. */
  | 'invalid-value'
  /** A value that can be understood, but is not written as the standard wants it. */
  | 'unusual-value'

/** One thing that is wrong with a report. Plain data, harmless to show. */
export interface ReportProblem {
  readonly code: ReportProblemCode
  /** Element, member or field, such as `record 3: row/source_ip`; empty for the whole. */
  readonly where: string
  /** One sentence. */
  readonly text: string
}

/** A file or message in which no report could be read. */
export interface UnreadableReport {
  readonly type: 'unreadable'
  /** At least one. */
  readonly problems: readonly ReportProblem[]
}

/**
 * Whether something that stands in a report was not read, so that what is counted in it is less than
 * what was sent.
 */
export function readInPart(problems: readonly ReportProblem[]): boolean {
  return problems.some(costsSomething)
}

function costsSomething({ code, where }: Omit<ReportProblem, 'text'>): boolean {
  switch (code) {
    case 'malformed':
    case 'too-large':
    case 'archive':
    case 'passed-over':
      return true
    case 'missing':
    case 'invalid-value':
      // A number that is not known is counted as none.
      return /(?:^|[ /])(?:count|[a-z-]+-count)$/.test(where)
    case 'not-a-report':
    case 'encoding':
    case 'doctype':
    case 'unusual-value':
      return false
  }
}

const maxProblems = 50

/** Collects problems; behind the fiftieth they are only counted. */
export class ProblemList {
  readonly #problems: ReportProblem[] = []
  #more = 0
  #moreCode: ReportProblemCode = 'unusual-value'

  add(code: ReportProblemCode, where: string, text: string): void {
    if (this.#problems.length < maxProblems) {
      this.#problems.push({ code, where, text })
      return
    }
    this.#more++
    if (costsSomething({ code, where })) this.#moreCode = 'malformed'
  }

  all(): readonly ReportProblem[] {
    if (this.#more === 0) return this.#problems
    const text = `There are ${this.#more} more problems.`
    return [...this.#problems, { code: this.#moreCode, where: '', text }]
  }
}

export function unreadable(...problems: readonly ReportProblem[]): UnreadableReport {
  return { type: 'unreadable', problems }
}

/** A stranger's value between quotation marks, harmless and short. */
export function quoted(value: string): string {
  return `"${oneLine(value, 60)}"`
}
