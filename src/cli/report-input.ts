import { createReadStream } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { WaybillError } from '../base/error.ts'
import { concat } from '../base/octets.ts'
import { maxReportFile } from '../io/report-reader.ts'
import type { ReportFile } from '../report/report-mail.ts'
import { openMailFiles } from './verify/mail-files.ts'

/** A file that may hold reports. Longer ones end at the limit, and are refused by the reader. */
export interface ReportInput extends ReportFile {
  /** Where it is, for showing. */
  readonly path: string
}

/**
 * What a person names: a report (XML, JSON, gzip, zip), a message, `-` for standard input, an mbox
 * file, a Maildir, or a folder of any of these. One after the other: only one is held in memory.
 *
 * @throws WaybillError `not-found`
 */
export async function* openReportInputs(
  path: string,
): AsyncGenerator<ReportInput, void, undefined> {
  if (path === '-') {
    yield { path, name: '', octets: await readWhole(process.stdin) }
    return
  }
  const found = await orNotFound(stat(path), path)
  if (!found.isDirectory()) {
    yield* readFile(path)
    return
  }
  const names = (await orNotFound(readdir(path), path)).toSorted()
  if (names.includes('cur') || names.includes('new')) {
    yield* readMessages(path)
    return
  }
  for (const name of names) {
    const inner = join(path, name)
    if (!name.startsWith('.') && (await stat(inner)).isFile()) yield* readFile(inner)
  }
}

async function* readFile(path: string): AsyncGenerator<ReportInput, void, undefined> {
  let messages = 0
  if (await beginsWithFrom(path)) {
    for await (const message of readMessages(path)) {
      messages++
      yield message
    }
  }
  // A message with such a line on top need not be an mbox file.
  if (messages > 0) return
  yield { path, name: basename(path), octets: await readWhole(createReadStream(path)) }
}

async function* readMessages(path: string): AsyncGenerator<ReportInput, void, undefined> {
  const { files } = await openMailFiles(path, process.stdin)
  for await (const file of files) {
    yield { path: file.name, name: '', octets: await readWhole(file.chunks) }
  }
}

async function beginsWithFrom(path: string): Promise<boolean> {
  const file = await orNotFound(open(path, 'r'), path)
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(5), 0, 5, 0)
    return buffer.toString('latin1', 0, bytesRead) === 'From '
  } finally {
    await file.close()
  }
}

async function readWhole(chunks: AsyncIterable<unknown>): Promise<Uint8Array> {
  const kept: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunks) {
    if (!(chunk instanceof Uint8Array)) throw new Error('report-input: a stream of text')
    kept.push(chunk)
    length += chunk.length
    if (length > maxReportFile) break
  }
  return concat(kept)
}

async function orNotFound<T>(asked: Promise<T>, path: string): Promise<T> {
  try {
    return await asked
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'ENOTDIR') throw error
    const why = code === 'EACCES' ? 'may not be read' : 'is not there'
    throw new WaybillError('not-found', `${path} ${why}.`, { cause: error })
  }
}
