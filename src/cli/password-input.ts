import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { WaybillError } from '../base/error.ts'

/** Where a password is typed, or comes from: standard input, and where questions are asked. */
export interface PasswordSource {
  readonly input: NodeJS.ReadableStream & {
    readonly isTTY?: boolean
    setRawMode?(raw: boolean): unknown
  }
  /** Writes a question, or the end of its line. */
  readonly ask: (text: string) => void
}

/**
 * Reads a new password. On a terminal nothing that is typed is shown, and it is asked for twice; from
 * a pipe or a file it is the first line.
 *
 * @throws WaybillError `usage` when it is empty, when both differ, or when somebody gives up (Ctrl-C)
 */
export async function readNewPassword({ input, ask }: PasswordSource): Promise<string> {
  if (input.isTTY !== true || input.setRawMode === undefined)
    return notEmpty(await firstLine(input))
  const typist = new HiddenLines(input, (raw) => input.setRawMode?.(raw))
  try {
    ask('Password, which is not shown: ')
    const password = notEmpty(await typist.line(() => ask('\n')))
    ask('The same again: ')
    const again = await typist.line(() => ask('\n'))
    if (again !== password) throw new WaybillError('usage', 'The two passwords are not the same.')
    return password
  } finally {
    typist.close()
  }
}

/**
 * Reads the password of somebody who has one: what the environment gives, the first line of a file,
 * or what is typed, asked for once and not shown; from a pipe the first line.
 *
 * @param from.inputIsTaken standard input brings something else
 * @throws WaybillError `usage` when it is empty or there is no way to give one, `not-found` when the
 *   file cannot be read
 */
export async function readPassword(
  from: PasswordSource & {
    readonly given: string | undefined
    readonly file: string | undefined
    readonly inputIsTaken: boolean
  },
): Promise<string> {
  const { input, ask, given, file, inputIsTaken } = from
  if (file !== undefined) return notEmpty(firstLineOf(file))
  if (given !== undefined) return notEmpty(given)
  if (inputIsTaken) {
    throw new WaybillError(
      'usage',
      'Standard input brings the message, so it brings no password.',
      {
        hint: 'Name a file with --password-file, or set WAYBILL_PROBE_PASSWORD.',
      },
    )
  }
  if (input.isTTY !== true || input.setRawMode === undefined)
    return notEmpty(await firstLine(input))
  const typist = new HiddenLines(input, (raw) => input.setRawMode?.(raw))
  try {
    ask('Password, which is not shown: ')
    return notEmpty(await typist.line(() => ask('\n')))
  } finally {
    typist.close()
  }
}

function firstLineOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/, 1)[0] ?? ''
  } catch (cause) {
    throw new WaybillError('not-found', `The password cannot be read from ${path}.`, { cause })
  }
}

function notEmpty(password: string): string {
  if (password === '') throw new WaybillError('usage', 'The password is empty.')
  return password
}

/** A terminal that shows nothing: what a line discipline does for other programs is done here. */
class HiddenLines {
  readonly #input: PasswordSource['input']
  readonly #raw: (raw: boolean) => void
  readonly #listener = (chunk: string | Uint8Array): void => this.#typed(String(chunk))
  #buffer = ''
  #wake: () => void = () => {}
  #ended = false

  constructor(input: PasswordSource['input'], raw: (raw: boolean) => void) {
    this.#input = input
    this.#raw = raw
    raw(true)
    input.setEncoding('utf8')
    input.on('data', this.#listener)
    input.once('end', () => {
      this.#ended = true
      this.#wake()
    })
    input.resume()
  }

  /** The next line as it stands when Enter is pressed. */
  async line(over: () => void): Promise<string> {
    let text = ''
    for (;;) {
      while (this.#buffer !== '') {
        // A character of several code units is one key.
        const [key = ''] = this.#buffer
        this.#buffer = this.#buffer.slice(key.length)
        if (key === '\r' || key === '\n') {
          over()
          return text
        }
        text = edited(text, key)
      }
      if (this.#ended) throw gaveUp()
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  close(): void {
    this.#input.off('data', this.#listener)
    this.#input.pause()
    this.#raw(false)
  }

  #typed(text: string): void {
    this.#buffer += text
    this.#wake()
  }
}

/** What a key makes of the line: Backspace and Ctrl-U take away, Ctrl-C and Ctrl-D give up. */
function edited(text: string, key: string): string {
  switch (key) {
    case '\u0003':
    case '\u0004':
      throw gaveUp()
    case '\u007f':
    case '\b':
      return Array.from(text).slice(0, -1).join('')
    case '\u0015':
      return ''
    default:
      return text + key
  }
}

function gaveUp(): WaybillError {
  return new WaybillError('usage', 'No password was given.')
}

function firstLine(input: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve) => {
    const lines = createInterface({ input })
    let line = ''
    lines.once('line', (text) => {
      line = text
      lines.close()
    })
    lines.once('close', () => resolve(line))
  })
}
