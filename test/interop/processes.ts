import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atTheEnd, type Lifetime } from './clean-up.ts'
import { findProgram, program } from './peers.ts'
import { until } from './until.ts'

/** What a program said, and how it ended. */
export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly input?: string | Uint8Array
  readonly timeoutMs?: number
  readonly cwd?: string
}

/** Runs a program to its end; one that takes too long is killed. Octets come as Latin-1 text. */
export function run(
  name: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const { input, timeoutMs = 60_000, cwd } = options
  return new Promise((resolve, reject) => {
    const child = spawn(program(name), [...args], {
      ...(cwd === undefined ? {} : { cwd }),
      env: peerEnvironment(),
    })
    const killer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('latin1')))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('latin1')))
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(killer)
      resolve({ code, stdout, stderr })
    })
    // A program that does not read its input to the end has its reasons; its exit code tells them.
    child.stdin.on('error', () => {})
    child.stdin.end(input ?? '')
  })
}

/** A server in a process of its own, which is ended with the test. */
export class Running {
  readonly #child: ChildProcess
  readonly #name: string
  readonly #signal: 'SIGTERM' | 'SIGKILL'
  #output = ''

  /**
   * @param options.hard it has nothing to finish, and would take its time over a polite request
   */
  constructor(
    t: Lifetime,
    name: string,
    args: readonly string[],
    options: { readonly hard?: boolean } = {},
  ) {
    this.#name = name
    this.#signal = options.hard === true ? 'SIGKILL' : 'SIGTERM'
    // Where Linux can, it ends with the test's process, however that ends.
    const setpriv = findProgram('setpriv')
    const together = setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'TERM']
    const [first = '', ...rest] = [...together, program(name), ...args]
    this.#child = spawn(first, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: peerEnvironment(),
      // The leader of a group, so that its children can be ended with it.
      detached: true,
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.#output += chunk.toString('latin1')))
    }
    this.#child.on('error', (problem) => (this.#output += String(problem)))
    atTheEnd(t, () => this.stop())
  }

  /** Its process; what changed its surroundings first has given way to it. */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#name}: ${this.#output}`)
    return this.#child.pid
  }

  /** All that it has written so far. */
  get output(): string {
    return this.#output
  }

  /** Waits for words in its output. */
  said(words: RegExp): Promise<RegExpExecArray> {
    return this.until(words, () => this.#output)
  }

  /** Waits for words in what it writes elsewhere; fails with all of it when it has ended first. */
  until(words: RegExp, read: () => string | Promise<string>): Promise<RegExpExecArray> {
    return until(`${this.#name}: ${String(words)}`, async () => {
      const text = await read()
      const found = words.exec(text)
      if (found !== null) return found
      if (this.#over) throw new Error(`${this.#name} has ended: ${text}${this.#output}`)
      return undefined
    })
  }

  /** Ends it, by force when it does not go. */
  async stop(): Promise<void> {
    if (this.#over) return
    const ended = new Promise<void>((resolve) => this.#child.once('close', () => resolve()))
    this.#child.kill(this.#signal)
    const killer = setTimeout(() => this.#killGroup(), 5000)
    await ended
    clearTimeout(killer)
  }

  #killGroup(): void {
    const { pid } = this.#child
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  }

  get #over(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}

/**
 * A folder of this test, removed with it. Its path is short, because it will hold sockets, whose
 * paths have 108 octets, and every user may pass through, because servers change theirs.
 */
export async function shortFolder(t: Lifetime): Promise<string> {
  const folder = mkdtempSync(join(tmpdir().length > 20 ? '/tmp' : tmpdir(), 'wb-'))
  // Children of a peer may still write for a moment after it has ended.
  atTheEnd(t, () => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  })
  await chmod(folder, 0o755)
  return folder
}

/** One language, and nothing of ours that a peer could take for its own. */
function peerEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' }
}
