import { styleText } from 'node:util'

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

/** Writes a result line to standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Writes one JSON value as one line. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

/** Writes a message for the person to standard error. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** How many columns the terminal has; endless where the result goes to a file or a program. */
export function columns(): number {
  return process.stdout.isTTY ? Math.max(process.stdout.columns, 60) : Number.POSITIVE_INFINITY
}

/**
 * Breaks a line between words so that none is longer than `width`; all but the first begin with
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
  return text
    .split(' ')
    .map((word, index) => {
      const breaks = index > 0 && at + 1 + word.length > width
      const lead = index === 0 ? '' : breaks ? `\n${' '.repeat(indent)}` : ' '
      at = (breaks ? indent : at + lead.length) + word.length
      return lead + word
    })
    .join('')
}

/**
 * A row of a list, whose last part is a sentence: where the terminal is too narrow for both, the
 * sentence goes below, so that neither is cut.
 */
export function row(start: string, sentence: string, width: number): string {
  if (start.length + 2 + sentence.length <= width) return `${start}  ${sentence}`.trimEnd()
  return `${start}\n${' '.repeat(rowIndent)}${wrapped(sentence, { width, indent: rowIndent, used: rowIndent })}`
}

/** Below the time, which stands behind the id. */
const rowIndent = 18

type Format = Parameters<typeof styleText>[0]

/** Colours the text when standard output is a terminal that wants colour (NO_COLOR is obeyed). */
export function paint(format: Format, text: string): string {
  return styleText(format, text, { stream: process.stdout, validateStream: true })
}
