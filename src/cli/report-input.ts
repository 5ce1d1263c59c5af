import { createReadStream } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { codeOf, WaybillError } from '../base/error.ts'
import { concat, octetString } from '../base/octets.ts'
import { maxReportFile } from '../io/report-reader.ts'
import type { ReportFile } from '../report/report-mail.ts'
import { isMaildirFolder, type MailFile, openMailFiles } from './verify/mail-files.ts'

/** A file that may hold reports. Longer ones end at the limit, and are refused by the reader. */
export interface ReportInput extends ReportFile {
  /** Where it is, for showing. */
  readonly path: string
  /** Why it could not be read, or not wholly: one sentence. */
  readonly problem?: string
}

/** Folders inside each other. */
const maxDepth = 20

/**
 * What a person names: a report (XML, JSON, gzip, zip), a message, `-` for standard input, an mbox
 * file, a Maildir with its folders, or a folder of any of these, with what is in its folders. One
 * after the other: only one is held in memory. What is in a folder and cannot be read has a `problem`.
 *
 * @throws WaybillError `not-found`: the path itself cannot be read
 */
export async function* openReportInputs(
  path: string,
): AsyncGenerator<ReportInput, void, undefined> {
  if (path === '-') {
    yield* readStandardInput()
    return
  }
  const found = await orNotFound(stat(path), path)
  if (found.isDirectory()) yield* readFolder(path, 0)
  else yield* readFile(path)
}

async function* readFolder(
  path: string,
  depth: number,
): AsyncGenerator<ReportInput, void, undefined> {
  if (await isMaildirFolder(path)) {
    yield* readMessages(path)
    return
  }
  for (const name of (await orNotFound(readdir(path), path)).toSorted()) {
    const inner = join(path, name)
    try {
      const found = await orNotFound(stat(inner), inner)
      if (found.isFile()) yield* readFile(inner)
      else if (!found.isDirectory()) yield failed(inner, 'It is neither a file nor a folder.')
      else if (depth < maxDepth) yield* readFolder(inner, depth + 1)
      else yield failed(inner, `More than ${maxDepth} folders are inside each other.`)
    } catch (problem) {
      // One that cannot be read does not keep the others from being read.
      if (!(problem instanceof WaybillError)) throw problem
      yield failed(inner, problem.message)
    }
  }
}

function failed(path: string, problem: string): ReportInput {
  return { path, name: '', octets: new Uint8Array(0), problem }
}

async function* readFile(path: string): AsyncGenerator<ReportInput, void, undefined> {
  if (await beginsAsMbox(path)) yield* readMessages(path)
  else yield { path, name: basename(path), octets: await readWhole(createReadStream(path)) }
}

async function* readStandardInput(): AsyncGenerator<ReportInput, void, undefined> {
  const octets = await readWhole(process.stdin)
  if (!isMboxStart(octets)) {
    yield { path: '-', name: '', octets }
    return
  }
  if (octets.length > maxReportFile) {
    yield failed('-', `Of standard input ${maxReportFile} octets are read; name the file.`)
  }
  const { files } = await openMailFiles('-', Readable.from([octets]))
  for await (const file of files) yield await messageOf(file)
}

async function* readMessages(path: string): AsyncGenerator<ReportInput, void, undefined> {
  const { files, passedOver } = await openMailFiles(path, process.stdin)
  for await (const file of files) yield await messageOf(file)
  for (const problem of passedOver) yield failed(path, problem)
}

async function messageOf(file: MailFile): Promise<ReportInput> {
  const { name: path, problem } = file
  try {
    const octets = await readWhole(file.chunks)
    const told = problem === undefined ? {} : { problem: `Not all of it is read: ${problem}.` }
    return { path, name: '', octets, ...told }
  } catch (cause) {
    if (!(cause instanceof WaybillError)) throw cause
    return failed(path, cause.message)
  }
}

async function beginsAsMbox(path: string): Promise<boolean> {
  const file = await orNotFound(open(path, 'r'), path)
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(4096), 0, 4096, 0)
    return isMboxStart(buffer.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}

/** A byte order mark and empty lines may stand before it. */
function isMboxStart(octets: Uint8Array): boolean {
  const text = octetString(octets, 0, Math.min(octets.length, 4096))
  return /^(?:\xef\xbb\xbf)?\s*From /.test(text)
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
    const code = codeOf(error)
    const why = typeof code === 'string' ? reasons.get(code) : undefined
    if (why === undefined) throw error
    throw new WaybillError('not-found', `${path} ${why}.`, { cause: error })
  }
}

const reasons: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'is not there'],
  ['ENOTDIR', 'is not there'],
  ['EACCES', 'may not be read'],
  ['ELOOP', 'is a link to itself'],
])
