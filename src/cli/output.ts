import { Buffer } from 'node:buffer'
import { fstatSync, writeSync } from 'node:fs'
import { styleText } from 'node:util'
import { inLines, inOneLine, jsonLine } from '../base/shown-text.ts'
import { displayUtf8 } from '../base/octets.ts'
import { refusedByTheSystem } from './system-refusal.ts'

/** Exit codes that scripts rely on. */
export const exitCodes = {
  yes: 0,
  no: 1,
  usage: 2,
  couldNotTell: 3,
  unreachable: 4,
  notFound: 5,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/*
 * The one place that writes to standard output and standard error. Whatever a command prints may hold
 * what others wrote: every control, escape sequence and turn of the writing direction is shown as an
 * escape. The colours of `paint` pass, because nobody else knows how they are marked.
 */

/** Stands for the ESC of our own colours until the text is written: nobody can guess it. */
const ownEscape = `\u001b${globalThis.crypto.randomUUID()}`

/** Lines as they may be written: of escape sequences only those of `paint`. */
export function terminalText(text: string): string {
  return text.split(ownEscape).map(inLines).join('\u001b')
}

/** Writes a result to standard output, ends it with a line end. */
export function print(text: string): void {
  process.stdout.write(`${terminalText(text)}\n`)
}

/** Writes one JSON value as one line. */
export function printJson(value: unknown): void {
  process.stdout.write(`${jsonLine(value)}\n`)
}

/**
 * Writes octets as they are, but for a terminal: there they are text, and shown like other text.
 * Resolves when they have left; `false` when whoever read them has gone.
 */
export function printOctets(octets: Uint8Array): Promise<boolean> {
  const { stdout } = process
  const shown = stdout.isTTY ? inLines(displayUtf8(octets).replaceAll('\r\n', '\n')) : octets
  return new Promise((resolve, reject) => {
    const failed = (problem: Error): void => {
      if ('code' in problem && problem.code === 'EPIPE') resolve(false)
      else reject(problem)
    }
    stdout.once('error', failed)
    stdout.write(shown, (problem) => {
      if (problem !== null && problem !== undefined) return failed(problem)
      stdout.off('error', failed)
      resolve(true)
    })
  })
}

/** Whether results go to a terminal. */
export function resultsAreSeen(): boolean {
  return process.stdout.isTTY
}

/** Writes a message for the person to standard error. */
export function say(text: string): void {
  process.stderr.write(`${terminalText(text)}\n`)
}

/** Asks a question on standard error, whose answer is typed behind it. */
export function ask(question: string): void {
  process.stderr.write(terminalText(question))
}

/** Octets of the log that may wait for a reader who is slow. */
const maxWaiting = 1_000_000

/**
 * Writes a finished line of the log to standard error, and never waits: `false` when it found no
 * room, because nobody reads, or the disk is full. A line holds no controls: see `formatLogLine`.
 */
export function tellWithoutWaiting(line: string): boolean {
  const { stderr } = process
  if (errorsGoToFile()) {
    try {
      return writeSync(2, line) === Buffer.byteLength(line)
    } catch {
      return false
    }
  }
  if (stderr.destroyed || stderr.writableLength > maxWaiting) return false
  gatherErrors()
  stderr.write(line)
  return true
}

/** A stream ends for good with its first failure; a disk has room again some time. */
function errorsGoToFile(): boolean {
  goToFile ??= isFile(2)
  return goToFile
}

/** What descriptor 2 is does not change while a program runs. */
let goToFile: boolean | undefined

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile()
  } catch {
    return false
  }
}

/** `gathering`: what is said waits for the end of this turn. */
let errors: 'never gathered' | 'written' | 'gathering' = 'never gathered'

/** What is said in one turn is written at once: each write is a call of the system, and wakes a reader. */
function gatherErrors(): void {
  if (errors === 'gathering') return
  if (errors === 'never gathered') process.on('exit', writeGathered)
  errors = 'gathering'
  process.stderr.cork()
  setImmediate(writeGathered)
}

function writeGathered(): void {
  if (errors !== 'gathering') return
  errors = 'written'
  process.stderr.uncork()
}

/** Whether messages go to a person who sees them at once. */
export function personListens(): boolean {
  return process.stderr.isTTY
}

/** Puts a message over the one before, in the last line of a terminal; an empty one takes it away. */
export function sayOver(text: string): void {
  process.stderr.write(`\r\u001b[K${inOneLine(text)}`)
}

/** What the readers of command lines write: their help ends its own lines. */
export const helpOutput = {
  writeOut: (text: string): void => void process.stdout.write(terminalText(text)),
  writeErr: (text: string): void => void process.stderr.write(terminalText(text)),
} as const

/**
 * Who reads may have enough (`waybill list | head`): the program ends without a word. Who took the
 * messages may be gone as well; the program goes on, because a mail server does more than talk.
 */
export function livePastReaders(): void {
  process.stdout.on('error', (problem: NodeJS.ErrnoException) => {
    if (problem.code === 'EPIPE') process.exit()
    // What is written there is the result, so without it the command has failed.
    const why = refusedByTheSystem(problem)?.sentence ?? problem.message
    say(`waybill: The result could not be written whole. ${why}`)
    process.exit(exitCodes.no)
  })
  process.stderr.on('error', () => {})
}

/** How many columns the terminal has; endless where the result goes to a file or a program. */
export function columns(): number {
  return process.stdout.isTTY ? Math.max(process.stdout.columns, 60) : Number.POSITIVE_INFINITY
}

/**
 * One line, whatever stands in the text, broken between words so that none is longer than `width`; all but the first begin with
 * `indent` spaces. A word that is too long for a line keeps its line to itself.
 *
 * @param used columns of the first line that are taken already
 */
export function wrapped(
  text: string,
  input: { readonly width: number; readonly indent: number; readonly used: number },
): string {
  const { width, indent } = input
  let at = input.used
  return inOneLine(text)
    .split(' ')
    .map((word, index) => {
      const breaks = index > 0 && at + 1 + word.length > width
      const lead = index === 0 ? '' : breaks ? `\n${' '.repeat(indent)}` : ' '
      at = (breaks ? indent : at + lead.length) + word.length
      return lead + word
    })
    .join('')
    .replace(/ +\n/g, '\n')
}

/**
 * A row of a list, whose last part is a sentence: where the terminal is too narrow for both, the
 * sentence goes below, so that neither is cut; and so does the end of a beginning that is too long.
 */
export function row(begin: string, end: string, width: number): string {
  const [start, sentence] = [inOneLine(begin), inOneLine(end)]
  if (start.length + 2 + sentence.length <= width) return `${start}  ${sentence}`.trimEnd()
  const indent = rowIndent
  const below = wrapped(sentence, { width, indent, used: indent })
  return `${wrapped(start, { width, indent, used: 0 })}\n${' '.repeat(indent)}${below}`
}

/** Below the time, which stands behind the id. */
const rowIndent = 18

type Format = Parameters<typeof styleText>[0]

/** Colours the text, for `print`, when standard output is a terminal that wants colour (NO_COLOR is obeyed). */
export function paint(format: Format, text: string): string {
  const shown = inLines(text)
  const painted = styleText(format, shown, { stream: process.stdout, validateStream: true })
  return painted.replaceAll('\u001b', ownEscape)
}
