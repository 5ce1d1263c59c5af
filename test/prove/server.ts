import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { hashPassword } from '../../src/io/password.ts'
import { house, world } from './namespaces.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export const receiver = 'receiver@south.example'
export const password = 'letmein'

/** Writes a `waybill.toml` for south.example in the house. Gives its path. */
export async function writeSettings(folder: string, more = ''): Promise<string> {
  const path = join(folder, 'waybill.toml')
  const hash = JSON.stringify(await hashPassword(password))
  writeFileSync(
    path,
    `hostname = "mx.south.example"
domains = ["south.example"]
data = ${JSON.stringify(join(folder, 'data'))}
[listen]
address = "${house.ip}"
[dns]
servers = ["${world.ip}:53"]
[limits]
threads = 2
# One account stands for many.
[account_rate]
hold = false
[[account]]
address = "${receiver}"
password_hash = ${hash}
${more}`,
  )
  return path
}

/** A mail server in the house, in a process of its own. */
export class Server {
  readonly #child: ChildProcess
  #said = ''

  private constructor(child: ChildProcess) {
    this.#child = child
    child.stderr?.on(
      'data',
      (chunk: Buffer) => (this.#said = (this.#said + chunk.toString()).slice(-20_000)),
    )
  }

  /** Starts it and waits until it takes mail. */
  static async start(config: string): Promise<Server> {
    const node = [
      process.execPath,
      '--conditions=waybill-source',
      '--disable-warning=ExperimentalWarning',
    ]
    const child = spawn(
      'ip',
      ['netns', 'exec', house.namespace, ...node, main, 'start', '--config', config, '--json'],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const server = new Server(child)
    const ended = once(child, 'close').then(([code]) => {
      throw new Error(`the server ended with ${String(code)}: ${server.said}`)
    })
    await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])
    ended.catch(() => {})
    return server
  }

  /** The end of what it wrote on stderr. */
  get said(): string {
    return this.#said
  }

  /** Sends a signal, waits for the end; gives the exit code, or the signal's name. */
  async stop(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    // `ip netns exec` becomes the program, so this is the server itself.
    this.#child.kill(signal)
    if (this.#child.exitCode === null && this.#child.signalCode === null)
      await once(this.#child, 'close')
    return this.#child.exitCode ?? this.#child.signalCode
  }

  /** Resident memory in MB, open descriptors, and of them sockets, as the kernel counts. */
  usage(): { readonly memoryMb: number; readonly descriptors: number } {
    const folder = `/proc/${this.#child.pid ?? 0}`
    const status = readFileSync(`${folder}/status`, 'latin1')
    return {
      memoryMb: Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024),
      descriptors: readdirSync(`${folder}/fd`).length,
    }
  }
}

/** What all files below a folder take on the disk, in MB. */
export function diskMb(folder: string): number {
  let sum = 0
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    try {
      sum += statSync(join(entry.parentPath, entry.name)).blocks * 512
    } catch {
      // Gone between the two looks.
    }
  }
  return Math.round(sum / 1e6)
}
