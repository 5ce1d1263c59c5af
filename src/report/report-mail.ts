import { decodeBase64 } from '../base/base64.ts'
import { octetsOf } from '../base/octets.ts'
import { oneLine } from '../message/field.ts'
import { parseMediaType } from '../message/media-type.ts'
import { decodeQuotedPrintable } from '../message/quoted-printable.ts'
import type { AbuseReport, FailureReport } from './feedback.ts'
import {
  allParts,
  fieldValue,
  kindOf,
  type MimePart,
  readParts,
  transferEncoding,
} from './mime-parts.ts'
import { readBareComplaint, readFeedback } from './read-feedback.ts'
import { shownText } from './remote-text.ts'
import type { ReportProblem } from './report-problem.ts'

/** A file that may be a report, packed or not. */
export interface ReportFile {
  /** As the sender named it, one line; empty when not named. Never a path to write to. */
  readonly name: string
  readonly octets: Uint8Array
}

/** What a message holds for a reader of reports. */
export interface ReportMail {
  readonly feedback: readonly (AbuseReport | FailureReport)[]
  /** Attachments that begin as a report does, in the order of the message. */
  readonly files: readonly ReportFile[]
  /** What was passed over, because a limit was met. */
  readonly problems: readonly ReportProblem[]
}

/** What octets begin like. */
export type ReportForm = 'gzip' | 'zip' | 'xml' | 'json' | 'mail' | 'unknown'

const maxOctets = 24 << 20
const maxDepth = 8
const maxFound = 100

/**
 * Finds the reports in a message: feedback (RFC 5965) and attached files, whatever media type they
 * are sent under, also in messages that are attached to it, in digests, and in `.eml` files.
 * Reads the first 24 MiB of a message, 100 parts of each, 8 messages inside each other, 100 files
 * and feedback reports; `problems` says when there is more. Never throws.
 */
export function readReportMail(message: Uint8Array): ReportMail {
  const search = new ReportSearch()
  search.message(message, 0)
  return search.found
}

class ReportSearch {
  readonly #feedback: (AbuseReport | FailureReport)[] = []
  readonly #files: ReportFile[] = []
  readonly #limits = new Set<string>()

  get found(): ReportMail {
    const problems = Array.from(this.#limits, (what): ReportProblem => {
      const text = `Not all of the message was looked at: ${what}.`
      return { code: 'too-large', where: '', text }
    })
    return { feedback: this.#feedback, files: this.#files, problems }
  }

  message(octets: Uint8Array, depth: number): void {
    if (depth > maxDepth) {
      this.#limits.add(`more than ${maxDepth} messages are inside each other`)
      return
    }
    const whole = readParts(octets, maxOctets, (what) => this.#limits.add(what))
    const told = allParts(whole).some(isFeedback) ? undefined : readFeedback(whole)
    // What stands beside the sentences of a failure report is the message that failed.
    if (told !== undefined) this.#take(this.#feedback, told)
    else this.#part(whole, depth)
  }

  #part(part: MimePart, depth: number): void {
    if (part.parts.length > 0) {
      if (part.parts.some(isFeedback)) this.#feedbackIn(part)
      else for (const one of part.parts) this.#part(one, depth)
      return
    }
    if (isFeedback(part)) return this.#feedbackIn(part)
    const kind = kindOf(part)
    if (kind === 'message/rfc822' || kind === 'message/global') {
      const complaint = readBareComplaint(part)
      if (complaint !== undefined) return this.#take(this.#feedback, complaint)
      return this.message(decodedOctets(part), depth + 1)
    }
    const { type } = part.mediaType
    if (type === 'multipart' || type === 'message') return
    const file = { name: nameOf(part), octets: decodedOctets(part) }
    if (mayBeMessage(part, file)) this.message(file.octets, depth + 1)
    else if (mayBeReport(part, file)) this.#take(this.#files, file)
  }

  /** What stands in the failed message is not a report about anything. */
  #feedbackIn(part: MimePart): void {
    for (const one of part.parts.length === 0 ? [part] : feedbackGroups(part)) {
      const read = readFeedback(one)
      if (read !== undefined) this.#take(this.#feedback, read)
    }
  }

  #take<T>(list: T[], one: T): void {
    if (this.#feedback.length + this.#files.length < maxFound) list.push(one)
    else this.#limits.add(`it has more than ${maxFound} reports`)
  }
}

function isFeedback(part: MimePart): boolean {
  return kindOf(part) === 'message/feedback-report'
}

/** Each feedback report with what follows it, up to the next one. */
function feedbackGroups(part: MimePart): readonly MimePart[] {
  const starts = part.parts.flatMap((one, index) => (isFeedback(one) ? [index] : []))
  return starts.map((start, index) => {
    return { ...part, parts: part.parts.slice(index === 0 ? 0 : start, starts[index + 1]) }
  })
}

/** Tells by the first octets what a file is. */
export function formOf(octets: Uint8Array): ReportForm {
  const [a = 0, b = 0, c = 0, d = 0] = octets
  if (a === 0x1f && b === 0x8b) return 'gzip'
  // An empty archive begins with PK 05 06, a spanned one with PK 07 08.
  if (a === 0x50 && b === 0x4b && c <= 8 && d <= 8) return 'zip'
  if (a === 0xff && b === 0xfe) return c === 0x7b || c === 0x5b ? 'json' : 'xml'
  if (a === 0xfe && b === 0xff) return d === 0x7b || d === 0x5b ? 'json' : 'xml'
  let at = a === 0xef && b === 0xbb && c === 0xbf ? 3 : 0
  while (at < octets.length && isBlank(octets[at] ?? 0)) at++
  const first = octets[at]
  if (first === 0x3c) return 'xml'
  if (first === 0x7b || first === 0x5b) return 'json'
  let line = ''
  for (let i = at; i < octets.length && i < at + 200 && octets[i] !== 10; i++) {
    line += String.fromCharCode(octets[i] ?? 0)
  }
  return /^(?:>?From |[\x21-\x39\x3b-\x7e]{1,76}[ \t]*:)/.test(line) ? 'mail' : 'unknown'
}

/** A message that was attached as a file, as many programs forward it. */
function mayBeMessage(part: MimePart, { name, octets }: ReportFile): boolean {
  if (formOf(octets) !== 'mail') return false
  return /\.eml$/i.test(name) || kindOf(part) === 'application/octet-stream'
}

/** Text for people is no report, unless it is named as one or the message is nothing but it. */
function mayBeReport(part: MimePart, { name, octets }: ReportFile): boolean {
  const form = formOf(octets)
  if (form === 'mail' || (form === 'unknown' && !/\.zip$/i.test(name))) return false
  const kind = kindOf(part)
  if (kind !== 'text/html' && kind !== 'text/plain') return true
  if (/\.(?:xml|json|gz|gzip|zip)$/i.test(name)) return true
  return kind === 'text/plain' && form !== 'json'
}

/** The octets of a part with its transfer encoding undone. */
function decodedOctets(part: MimePart): Uint8Array {
  const encoding = transferEncoding(part)
  if (encoding === 'quoted-printable') {
    return octetsOf(decodeQuotedPrintable(part.lines.join('\n')))
  }
  if (encoding === 'base64') return base64Octets(beforeText(part.lines))
  // Some forget to say so.
  if (isBase64File(part.lines)) return base64Octets(part.lines)
  return octetsOf(part.lines.join('\r\n'))
}

function base64Octets(lines: readonly string[]): Uint8Array {
  const digits = lines.join('').replace(/[^A-Za-z0-9+/]/g, '')
  const whole = digits.slice(0, digits.length - (digits.length % 4 === 1 ? 1 : 0))
  const padded = whole + '='.repeat((4 - (whole.length % 4)) % 4)
  return decodeBase64(padded) ?? new Uint8Array(0)
}

const base64Line = /^[ \t]*[A-Za-z0-9+/]*={0,2}[ \t]*$/

/**
 * RFC 2045 §6.8: padding is the end of the data. Lists put their text behind it, whose letters must
 * not be taken for data.
 */
function beforeText(lines: readonly string[]): readonly string[] {
  const end = lines.findIndex((line) => /=[ \t]*$/.test(line)) + 1
  const isText = end > 0 && lines.slice(end).some((line) => !base64Line.test(line))
  return isText ? lines.slice(0, end) : lines
}

/** How gzip, zip and XML begin in base64. */
const base64Begin = /^(?:H4sI|UEsDB|PD94bWwg|PGZlZWRiYWNr)/

function isBase64File(lines: readonly string[]): boolean {
  const first = lines.find((line) => line !== '') ?? ''
  return base64Begin.test(first) && lines.every((line) => base64Line.test(line))
}

function nameOf(part: MimePart): string {
  const disposition = fieldValue(part.fields, 'content-disposition') ?? ''
  // A disposition has the form of a media type without its subtype (RFC 2183 §2).
  const named = parseMediaType(`x/${disposition}`)?.parameters.get('filename')
  return oneLine(shownText(named ?? part.mediaType.parameters.get('name') ?? ''), 255)
}

function isBlank(octet: number): boolean {
  return octet === 32 || octet === 9 || octet === 13 || octet === 10
}
