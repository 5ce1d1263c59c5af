import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { codeOf, WaybillError } from '../../base/error.ts'
import { isAscii, octetString } from '../../base/octets.ts'
import type { ProbeLetter } from '../../deliver/probe-input.ts'
import { compose } from '../../http/compose.ts'
import { withCrlf } from '../../http/line-ends.ts'
import { Wrongs } from '../../http/written-address.ts'
import { splitMessage } from '../../message/header-reader.ts'

/** What a probe's letter is made of. */
export interface LetterParts {
  /** A file with the whole message, `-` for standard input; then nothing else may be given. */
  readonly data?: string
  readonly subject?: string
  readonly body?: string
  readonly attach?: readonly string[]
  readonly header?: readonly string[]
}

/** The most octets that are read; servers take less. */
const maxOctets = 256 * 1024 * 1024

/**
 * The octets to send: those of a file, with each line ended by CRLF, or made of a subject, a body,
 * files and fields.
 *
 * @throws WaybillError `usage` when that makes no message, `not-found` when a file cannot be read
 */
export async function readLetter(
  parts: LetterParts,
  envelope: { readonly from: string; readonly to: readonly string[] },
  world: {
    readonly now: number
    readonly random: () => number
    readonly stdin: AsyncIterable<Uint8Array>
  },
): Promise<ProbeLetter> {
  const { data } = parts
  if (data === undefined) return letterOf(await composed(parts, envelope, world))
  const others = (['subject', 'body', 'attach', 'header'] as const).filter((one) => {
    return parts[one] !== undefined
  })
  if (others.length > 0) {
    const given = others.map((one) => `--${one}`).join(', ')
    throw new WaybillError('usage', `--data is the whole message, so ${given} has no place.`)
  }
  return letterOf(withCrlf(data === '-' ? await gathered(world.stdin) : await readBytes(data)))
}

/** What has to be said of octets before they are sent. */
function letterOf(octets: Uint8Array): ProbeLetter {
  const { header } = splitMessage(octets)
  return {
    octets,
    eightBit: octets.some((octet) => octet > 127),
    utf8Header: !isAscii(octetString(header.octets)),
  }
}

async function composed(
  { subject = 'A probe', body, attach = [], header = [] }: LetterParts,
  { from, to }: { readonly from: string; readonly to: readonly string[] },
  { now, random }: { readonly now: number; readonly random: () => number },
): Promise<Uint8Array> {
  const attachments = await Promise.all(
    attach.map(async (path) => {
      const content = Buffer.from(await readBytes(path)).toString('base64')
      return { filename: basename(path), content }
    }),
  )
  const text = body ?? 'This is a probe. It was sent to see whether mail arrives.'
  const headers = Object.fromEntries(header.map(fieldOf))
  const wrongs = new Wrongs()
  const named = (address: string): { name: string; address: string } => ({ name: '', address })
  const octets = await compose(
    // What a shell's argument says is UTF-8 text; attachments are octets of a file.
    { from, subject, text, headers, attachments },
    { from: named(from), to: to.map(named), cc: [], replyTo: [] },
    { wrongs, now, random },
  )
  const [wrong] = wrongs.all
  if (wrong === undefined) return octets
  const where = wrong.pointer.replace(/^\/headers\//, '--header ').replace(/^\//, '--')
  throw new WaybillError('usage', `${where}: ${wrong.detail}.`)
}

function fieldOf(text: string): readonly [string, string] {
  const colon = text.indexOf(':')
  if (colon > 0) return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()]
  throw new WaybillError('usage', `--header "${text.slice(0, 100)}" is no field.`, {
    hint: 'Write the name, a colon and the value: --header "Reply-To: ann@example.org"',
  })
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return tooLong(new Uint8Array(await readFile(path)), path)
  } catch (cause) {
    if (cause instanceof WaybillError) throw cause
    const why = codeOf(cause) === 'ENOENT' ? 'there is no such file' : 'it cannot be opened'
    throw new WaybillError('not-found', `Cannot read ${path}: ${why}.`, { cause })
  }
}

function tooLong(octets: Uint8Array, path: string): Uint8Array {
  if (octets.length <= maxOctets) return octets
  throw new WaybillError('usage', `${path} is longer than ${maxOctets} octets.`)
}

/** All of a stream. */
async function gathered(input: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of input) {
    chunks.push(chunk)
    length += chunk.length
    if (length > maxOctets) throw new WaybillError('usage', 'Standard input does not end.')
  }
  return new Uint8Array(Buffer.concat(chunks))
}
