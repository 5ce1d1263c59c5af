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

type Format = Parameters<typeof styleText>[0]

/** Colours the text when standard output is a terminal that wants colour (NO_COLOR is obeyed). */
export function paint(format: Format, text: string): string {
  return styleText(format, text, { stream: process.stdout, validateStream: true })
}
