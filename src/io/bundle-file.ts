import { Buffer } from 'node:buffer'
import { createReadStream, createWriteStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { once } from 'node:events'
import { createGunzip, createGzip } from 'node:zlib'
import { codeOf, WaybillError } from '../base/error.ts'

/** How far a bundle is unpacked; DEFLATE can make a thousand octets of one. */
export interface LineLimits {
  readonly lineOctets: number
  readonly octets: number
}

const defaultLineLimits: LineLimits = { lineOctets: 16 << 20, octets: 2 ** 32 }

/**
 * Writes lines, packed, to a new file that only its owner may read. It is there whole or not at all.
 *
 * @throws WaybillError `usage` when there is a file already; what the system says
 */
export async function writePackedLines(path: string, lines: AsyncIterable<string>): Promise<void> {
  const temporary = `${path}.part`
  try {
    // The name is taken at once, and nobody's file is written over.
    await (await open(path, 'wx', 0o600)).close()
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') throw cause
    throw new WaybillError('usage', `${path} is there already.`, {
      cause,
      hint: 'Choose another name.',
    })
  }
  try {
    const gzip = createGzip()
    const file = createWriteStream(temporary, { mode: 0o600, flush: true })
    file.on('error', (problem) => gzip.destroy(problem))
    gzip.pipe(file)
    const closed = once(file, 'close')
    // It is waited for at the end; a failure before shows at the next line.
    closed.catch(() => undefined)
    for await (const line of lines) {
      if (gzip.write(`${line}\n`)) continue
      await once(gzip, 'drain')
    }
    gzip.end()
    await closed
    await rename(temporary, path)
  } catch (problem) {
    await rm(temporary, { force: true })
    await rm(path, { force: true })
    throw problem
  }
}

/** Lines packed in memory. */
export async function packLines(lines: AsyncIterable<string>): Promise<Uint8Array> {
  const gzip = createGzip()
  const chunks: Buffer[] = []
  gzip.on('data', (chunk: Buffer) => chunks.push(chunk))
  const ended = once(gzip, 'end')
  for await (const line of lines) if (!gzip.write(`${line}\n`)) await once(gzip, 'drain')
  gzip.end()
  await ended
  return Buffer.concat(chunks)
}

/**
 * Reads the lines of a packed file, or of octets in memory, with bounded memory.
 *
 * @throws WaybillError `not-found` when there is no such file, `usage` when it is not gzip, is damaged,
 *   or unpacks to more than may be
 */
export async function* readPackedLines(
  from: string | Uint8Array,
  limits: LineLimits = defaultLineLimits,
): AsyncGenerator<string> {
  const gunzip = createGunzip()
  const file = typeof from === 'string' ? createReadStream(from) : undefined
  file?.on('error', (problem) => gunzip.destroy(problem))
  if (typeof from === 'string') file?.pipe(gunzip)
  else gunzip.end(from)
  let total = 0
  let rest: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      total += chunk.length
      if (total > limits.octets) throw tooMuch(`more than ${limits.octets} octets`)
      let start = 0
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, start)) {
        yield Buffer.concat([...rest, chunk.subarray(start, at)]).toString()
        rest = []
        length = 0
        start = at + 1
      }
      const left = chunk.subarray(start)
      length += left.length
      if (length > limits.lineOctets)
        throw tooMuch(`a line of more than ${limits.lineOctets} octets`)
      if (left.length > 0) rest.push(left)
    }
  } catch (problem) {
    throw readingProblem(problem, from)
  } finally {
    file?.destroy()
  }
  if (length > 0) yield Buffer.concat(rest).toString()
}

function tooMuch(what: string): WaybillError {
  return new WaybillError('usage', `This file unpacks to ${what}, and is not read.`)
}

function readingProblem(problem: unknown, from: string | Uint8Array): unknown {
  const code = codeOf(problem)
  const name = typeof from === 'string' ? from : 'What was sent'
  if (code === 'ENOENT') {
    return new WaybillError('not-found', `There is no file ${name}.`, { cause: problem })
  }
  if (typeof code === 'string' && code.startsWith('Z_')) {
    const hint = 'waybill export makes bundles.'
    return new WaybillError('usage', `${name} is no bundle, or is damaged.`, {
      cause: problem,
      hint,
    })
  }
  return problem
}
