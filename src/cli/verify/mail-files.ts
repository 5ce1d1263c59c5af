import { createReadStream } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Readable } from 'node:stream'
import { WaybillError } from '../../base/error.ts'
import { octetString } from '../../base/octets.ts'
import { MboxReader } from '../../mailbox/read-mbox.ts'
import { withWireLineEndings } from '../../mailbox/wire-line-endings.ts'

/** A message that lies in a file. */
export interface MailFile {
  /** For showing: the file's name, with `:n` for the n-th message of an mbox file. */
  readonly name: string
  /** The address in the mbox file's `From ` line. */
  readonly sender?: string
  /** Why it cannot be verified, as a part of a sentence. */
  readonly problem?: string
  /** Its octets with CRLF line ends. */
  readonly chunks: AsyncIterable<Uint8Array>
}

/** Where messages are, and how many when that is known beforehand. */
export interface MailFiles {
  readonly type: 'message' | 'mbox' | 'folder'
  readonly count?: number
  readonly files: AsyncIterable<MailFile>
}

/** Messages of an mbox file are held in memory one by one; a longer one is told as such. */
const maxMboxMessage = 64_000_000

/**
 * Opens what a person names: a file with one message, `-` for standard input, an mbox file, a
 * Maildir, or a folder of `.eml` files.
 *
 * @throws WaybillError `not-found`
 */
export async function openMailFiles(path: string, stdin: Readable): Promise<MailFiles> {
  if (path === '-') {
    const message = { name: '-', chunks: withWireLineEndings(octets(stdin)) }
    return { type: 'message', count: 1, files: one(message) }
  }
  const found = await fromFile(stat(path), path)
  if (found.isDirectory()) return await openFolder(path)
  if (await isMbox(path)) return { type: 'mbox', files: readMbox(path) }
  return { type: 'message', count: 1, files: one(messageFile(path)) }
}

async function openFolder(path: string): Promise<MailFiles> {
  const names = await readdir(path)
  const maildir = ['cur', 'new'].filter((name) => names.includes(name))
  const paths: string[] = []
  for (const folder of maildir) {
    const entries = await fromFile(readdir(join(path, folder)), join(path, folder))
    for (const name of entries.toSorted()) {
      if (!name.startsWith('.')) paths.push(join(path, folder, name))
    }
  }
  if (maildir.length === 0) {
    for (const name of names.toSorted()) if (name.endsWith('.eml')) paths.push(join(path, name))
  }
  if (paths.length === 0) {
    throw new WaybillError('not-found', `There are no messages in ${path}.`, {
      hint: 'A Maildir has them in cur and new; another folder is searched for *.eml.',
    })
  }
  return { type: 'folder', count: paths.length, files: each(paths) }
}

async function* one(file: MailFile): AsyncGenerator<MailFile, void, undefined> {
  yield file
}

async function* each(paths: readonly string[]): AsyncGenerator<MailFile, void, undefined> {
  for (const path of paths) yield messageFile(path)
}

function messageFile(path: string): MailFile {
  return { name: path, chunks: withWireLineEndings(readOctets(path)) }
}

async function* readMbox(path: string): AsyncGenerator<MailFile, void, undefined> {
  const reader = new MboxReader({ maxOctets: maxMboxMessage })
  let count = 0
  const name = (): string => `${basename(path)}:${++count}`
  for await (const chunk of readOctets(path)) {
    for (const entry of reader.push(chunk)) yield mboxFile(name(), entry)
  }
  for (const entry of reader.end()) yield mboxFile(name(), entry)
}

function mboxFile(name: string, entry: ReturnType<MboxReader['push']>[number]): MailFile {
  const { sender, octets: message, tooLong } = entry
  return {
    name,
    ...(tooLong ? { problem: `it is longer than ${maxMboxMessage} octets` } : {}),
    ...(sender === undefined ? {} : { sender }),
    chunks: withWireLineEndings([message]),
  }
}

async function isMbox(path: string): Promise<boolean> {
  const file = await fromFile(open(path), path)
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(5), 0, 5, 0)
    return octetString(buffer, 0, bytesRead) === 'From '
  } finally {
    await file.close()
  }
}

async function* readOctets(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* octets(createReadStream(path))
  } catch (problem) {
    throw notReadable(problem, path)
  }
}

async function* octets(stream: Readable): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) throw new Error('mail files: a stream gives text')
    yield chunk
  }
}

async function fromFile<T>(work: Promise<T>, path: string): Promise<T> {
  try {
    return await work
  } catch (problem) {
    throw notReadable(problem, path)
  }
}

function notReadable(problem: unknown, path: string): unknown {
  if (!(problem instanceof Error) || !('code' in problem)) return problem
  const why = { ENOENT: 'there is no such file', EACCES: 'permission denied' }
  const [, text = problem.message] =
    Object.entries(why).find(([code]) => code === problem.code) ?? []
  return new WaybillError('not-found', `Cannot read ${path}: ${text}.`, { cause: problem })
}
