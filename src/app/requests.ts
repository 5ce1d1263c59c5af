import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { WaybillError } from '../base/error.ts'
import { makeFolder } from '../io/make-folder.ts'
import { type Problem, errorOf, problemOf } from '../store/operations.ts'

/**
 * How a command asks the server that is running for a change. Only the server writes to its store;
 * what others want of it lies as a file in a folder of its data folder, which only its owner may
 * enter: `<id>.request`, answered by `<id>.answer`. Each file appears whole, by a rename.
 */

type Answer =
  | { readonly type: 'answer'; readonly value: unknown }
  | { readonly type: 'problem'; readonly problem: Problem }

const request = '.request'
const answer = '.answer'
/** A request names letters at most, some hundred of them, and is none. */
const maxRequestOctets = 256 * 1024

/** Where the requests of a data folder lie. */
export function requestFolder(dataFolder: string): string {
  return join(dataFolder, 'requests')
}

export interface RequestsOptions {
  readonly folder: string
  readonly clock: Clock
  /** Between two looks. */
  readonly everyMs: number
  /** Does what is asked and gives what is told, plain data. What it throws is told instead. */
  readonly answer: (asked: unknown) => Promise<unknown>
  readonly report: (problem: unknown, where: string) => void
}

/** The server's side: looks for requests and answers them, one after the other. */
export class Requests {
  readonly #options: RequestsOptions
  #cancel: () => void = () => {}
  #working: Promise<void> = Promise.resolve()
  #stopped = false

  /** What was asked of the server before this one is forgotten: nobody waits for it any more. */
  constructor(options: RequestsOptions) {
    this.#options = options
    const { folder } = options
    makeFolder(folder)
    for (const name of readdirSync(folder)) remove(join(folder, name))
  }

  start(): void {
    this.#sleep()
  }

  /** Waits for the request under way; takes no other. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.#working
  }

  #sleep(): void {
    if (this.#stopped) return
    const { clock, everyMs } = this.#options
    this.#cancel = clock.setTimer(everyMs, () => {
      this.#working = this.#look()
    })
  }

  async #look(): Promise<void> {
    const { folder, report } = this.#options
    try {
      for (const name of readdirSync(folder)) {
        if (name.endsWith(request) && !this.#stopped) await this.#take(name)
      }
    } catch (problem) {
      report(problem, folder)
    }
    this.#sleep()
  }

  async #take(name: string): Promise<void> {
    const { folder } = this.#options
    const path = join(folder, name)
    const told = await this.#answerTo(path)
    // Taken back meanwhile: nobody waits, and an answer would lie here for good.
    const awaited = readdirSync(folder).includes(name)
    if (awaited) writeWhole(folder, `${name.slice(0, -request.length)}${answer}`, told)
    remove(path)
  }

  async #answerTo(path: string): Promise<Answer> {
    try {
      const found = lstatSync(path)
      // Reading a pipe or a device would not end, and nobody would be served meanwhile.
      if (!found.isFile()) throw new Error('Requests: it is no file')
      if (found.size > maxRequestOctets) throw new Error('Requests: it is too long')
      const asked: unknown = JSON.parse(readFileSync(path, 'utf8'))
      return { type: 'answer', value: await this.#options.answer(asked) }
    } catch (problem) {
      return { type: 'problem', problem: problemOf(problem) }
    }
  }
}

/**
 * The command's side: asks the server that has the data folder, and waits for what it says.
 *
 * @throws WaybillError what the server says, and `data-in-use` when it says nothing in time
 */
export async function askServer(
  asked: unknown,
  options: {
    readonly folder: string
    readonly clock: Clock
    readonly timeoutMs: number
    readonly everyMs: number
  },
): Promise<unknown> {
  const { folder, clock, timeoutMs, everyMs } = options
  const id = randomBytes(8).toString('hex')
  const path = join(folder, `${id}${answer}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeWhole(folder, `${id}${request}`, asked)
  try {
    const end = clock.monotonicMs() + timeoutMs
    while (clock.monotonicMs() < end) {
      await new Promise<void>((resolve) => clock.setTimer(everyMs, resolve))
      if (!readdirSync(folder).includes(`${id}${answer}`)) continue
      // Written by `Requests`, whole.
      const told = JSON.parse(readFileSync(path, 'utf8')) as Answer
      if (told.type === 'problem') throw errorOf(told.problem)
      return told.value
    }
    throw new WaybillError(
      'data-in-use',
      `The process that has ${folder} does not answer requests; waited ${timeoutMs / 1000} s.`,
      { hint: 'Is it a server of this version? Otherwise stop it, then run this again.' },
    )
  } finally {
    rmSync(join(folder, `${id}${request}`), { force: true })
    rmSync(path, { force: true })
  }
}

/** Whatever it is: folders, too, lie here by mistake only. */
function remove(path: string): void {
  rmSync(path, { recursive: true, force: true })
}

/** A reader sees the file whole or not at all. */
function writeWhole(folder: string, name: string, value: unknown): void {
  const path = join(folder, name)
  const unfinished = `${path}.part`
  const file = openSync(unfinished, 'wx', 0o600)
  try {
    writeFileSync(file, JSON.stringify(value))
    giveToOwner(file, folder)
  } finally {
    closeSync(file)
  }
  renameSync(unfinished, path)
}

/**
 * What root asks of a server that runs as somebody else must be readable there. By the open file and
 * not by its name: in place of that, whoever owns the folder could have put a link to another file.
 */
function giveToOwner(file: number, folder: string): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(folder)
  if (uid !== 0) fchownSync(file, uid, gid)
}
