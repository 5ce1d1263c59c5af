import { createReadStream } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Readable } from 'node:stream'
import { codeOf, WaybillError } from '../../base/error.ts'
import { octetString } from '../../base/octets.ts'
import { withWireLineEndings, withoutByteOrderMark } from '../../mailbox/wire-line-endings.ts'
import { MboxReader } from '../../mailbox/read-mbox.ts'

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
  /** What of a folder is not looked at: one sentence each. */
  readonly passedOver: readonly string[]
}

/** Messages of an mbox file are held in memory one by one; a longer one is told as such. */
const maxMboxMessage = 64_000_000

/**
 * Opens what a person names: a file with one message, `-` for standard input, an mbox file, a
 * Maildir with its folders, or a folder of `.eml` files.
 *
 * @throws WaybillError `not-found`
 */
export async function openMailFiles(path: string, stdin: Readable): Promise<MailFiles> {
  if (path === '-') {
    const { begins, chunks } = await peek(withoutByteOrderMark(octets(stdin)))
    if (begins) return { type: 'mbox', files: readMbox('-', chunks), passedOver: [] }
    const message = { name: '-', chunks: withWireLineEndings(chunks) }
    return { type: 'message', count: 1, files: one(message), passedOver: [] }
  }
  const found = await fromFile(stat(path), path)
  if (found.isDirectory()) return await openFolder(path)
  if (await isMbox(path))
    return { type: 'mbox', files: readMbox(basename(path), readOctets(path)), passedOver: [] }
  return { type: 'message', count: 1, files: one(messageFile(path)), passedOver: [] }
}

async function openFolder(path: string): Promise<MailFiles> {
  const isMaildir = await isMaildirFolder(path)
  const letters = isMaildir ? undefined : await emlFiles(path)
  // A folder of Maildirs has none itself.
  const { paths, others } =
    letters === undefined || letters.paths.length === 0 ? await maildirFiles(path) : letters
  if (paths.length === 0) {
    throw new WaybillError('not-found', `There are no messages in ${path}.`, {
      hint: 'A Maildir has them in cur and new; another folder is searched for *.eml, then for Maildirs.',
    })
  }
  const passedOver =
    others === 0
      ? []
      : [
          `${path} has ${others === 1 ? 'another file or folder' : `${others} other files and folders`}, not looked at.`,
        ]
  return { type: 'folder', count: paths.length, files: each(paths), passedOver }
}

interface FolderFiles {
  readonly paths: readonly string[]
  /** Files and folders that are no messages by their place or name. */
  readonly others: number
}

async function emlFiles(path: string): Promise<FolderFiles> {
  const names = (await fromFile(readdir(path), path)).toSorted()
  const messages = names.filter((name) => /\.eml$/i.test(name))
  return { paths: messages.map((name) => join(path, name)), others: names.length - messages.length }
}

/** Deeper ones are told of and not read. */
const maxFolders = 20

/**
 * The messages of a Maildir, then those of the folders in it, as Maildir++ and Dovecot keep them. A
 * folder that is no Maildir may hold some (Dovecot's LAYOUT=fs, mbsync): it is looked into.
 */
function maildirFiles(path: string): Promise<FolderFiles> {
  return filesBelow(path, { depth: 0, seen: new Set() })
}

async function filesBelow(
  path: string,
  { depth, seen }: { readonly depth: number; readonly seen: Set<string> },
): Promise<FolderFiles> {
  const paths: string[] = []
  let others = 0
  // A link may lead to where we are.
  const place = await fromFile(realpath(path), path)
  if (seen.has(place)) return { paths, others }
  seen.add(place)
  for (const folder of ['cur', 'new']) {
    const inner = join(path, folder)
    const entries = await readdir(inner).catch((problem: unknown): string[] => {
      if (codeOf(problem) === 'ENOENT') return []
      throw notReadable(problem, inner)
    })
    const messages = entries.filter((name) => !name.startsWith('.')).toSorted()
    paths.push(...messages.map((name) => join(inner, name)))
  }
  const entries = await fromFile(readdir(path, { withFileTypes: true }), path)
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const inner = join(path, entry.name)
    if (['cur', 'new', 'tmp'].includes(entry.name)) continue
    if (!entry.isDirectory() && !(await isMaildirFolder(inner))) continue
    if (depth >= maxFolders) others++
    else {
      const found = await filesBelow(inner, { depth: depth + 1, seen })
      paths.push(...found.paths)
      others += found.others
    }
  }
  return { paths, others }
}

/** Whether it is a folder with `cur` or `new` in it. */
export async function isMaildirFolder(path: string): Promise<boolean> {
  const names = await readdir(path).catch((problem: unknown): string[] => {
    if (codeOf(problem) === 'ENOTDIR' || codeOf(problem) === 'ENOENT') return []
    throw notReadable(problem, path)
  })
  return names.includes('cur') || names.includes('new')
}

async function* one(file: MailFile): AsyncGenerator<MailFile, void, undefined> {
  yield file
}

async function* each(paths: readonly string[]): AsyncGenerator<MailFile, void, undefined> {
  for (const path of paths) {
    const kind = await isMbox(path).catch((problem: unknown) => {
      // Who reads it is told what is the matter with it.
      if (problem instanceof WaybillError) return false
      throw problem
    })
    // A letter with such a line on top is an mbox of one.
    if (kind) yield* readMbox(path, readOctets(path))
    else yield messageFile(path)
  }
}

function messageFile(path: string): MailFile {
  return { name: path, chunks: withWireLineEndings(withoutByteOrderMark(readOctets(path))) }
}

async function* readMbox(
  place: string,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<MailFile, void, undefined> {
  const reader = new MboxReader({ maxOctets: maxMboxMessage })
  let count = 0
  const name = (): string => `${place}:${++count}`
  for await (const chunk of chunks) {
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
  const { begins } = await peek(withoutByteOrderMark(readOctets(path)), 'close')
  return begins
}

/** Empty lines before the first message, and then `From `: an mbox file. */
async function peek(
  source: AsyncGenerator<Uint8Array, void, undefined>,
  then: 'close' | 'go-on' = 'go-on',
): Promise<{ readonly begins: boolean; readonly chunks: AsyncIterable<Uint8Array> }> {
  const seen: Uint8Array[] = []
  let text = ''
  while (text.length < 5) {
    const next = await source.next()
    if (next.done === true) break
    seen.push(next.value)
    text = (text + octetString(next.value, 0, Math.min(next.value.length, 4096))).trimStart()
  }
  if (then === 'close') await source.return()
  async function* again(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* seen
    yield* source
  }
  return { begins: text.startsWith('From '), chunks: again() }
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
