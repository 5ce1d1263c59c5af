import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { codeOf, WaybillError } from '../base/error.ts'
import { problemOf } from '../base/error-data.ts'
import { isAnswered } from './connect.ts'
import { JsonLineReader, jsonLine } from './json-lines.ts'
import {
  type ControlAnswer,
  type ControlRequest,
  type Greeting,
  maxClients,
  maxRequestOctets,
  protocolVersion,
  requestOf,
} from './protocol.ts'
import { controlSocketPath, socketPlace } from './socket-place.ts'

export interface ControlSocketOptions {
  /** The data folder. Whoever opens the socket has its lock. */
  readonly folder: string
  readonly clock: Clock
  /** The version of the program. */
  readonly version: string
  /** Does what is asked and gives what is told, plain data. What it throws is told instead. */
  readonly answer: (request: ControlRequest) => Promise<unknown>
  readonly report: (problem: unknown, where: string) => void
  /** Octets of a request; `maxRequestOctets` when absent. */
  readonly requestOctets?: number
}

/** A client says at once what it wants. */
const patienceMs = 10_000
/** What a client may take to read its answer and go. */
const lingerMs = 5000

/** The server's side of the control socket: greets, takes one request of each client, answers it. */
export class ControlSocket {
  readonly #options: ControlSocketOptions
  readonly #path: string
  readonly #server: Server
  readonly #clients = new Set<Socket>()
  /** Those that have said what they want. */
  readonly #asked = new WeakSet<Socket>()
  readonly #working = new Set<Promise<void>>()
  #closing = false

  private constructor(options: ControlSocketOptions) {
    this.#options = options
    this.#path = controlSocketPath(options.folder)
    this.#server = createServer((socket) => this.#take(socket))
  }

  /**
   * Opens the socket, for the owner of this process alone (and root). What a killed server has left
   * there is replaced.
   *
   * @throws WaybillError `data-in-use` when somebody answers there, `usage` when there can be none,
   *   and the system's own error
   */
  static async open(options: ControlSocketOptions): Promise<ControlSocket> {
    const socket = new ControlSocket(options)
    const path = socket.#path
    if (await isAnswered(path)) {
      throw new WaybillError('data-in-use', `Another process answers at ${path}.`, {
        hint: 'Stop that server first, or choose another folder with --data.',
      })
    }
    if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false) {
      throw new WaybillError('usage', `There can be no socket ${path}: something else is there.`, {
        hint: 'Look what it is, and move it away.',
      })
    }
    await socket.#listen()
    // By files in this folder servers up to 0.2.0 were asked.
    rmSync(join(dirname(path), 'requests'), { recursive: true, force: true })
    return socket
  }

  /** Whether it can be found: somebody may have cleaned the folder up. */
  get isThere(): boolean {
    return lstatSync(this.#path, { throwIfNoEntry: false })?.isSocket() === true
  }

  /** Takes no more; who has asked already is answered. */
  async close(): Promise<void> {
    this.#closing = true
    // Whoever looks for it now finds that nobody is there, and waits until the folder is free.
    rmSync(this.#path, { force: true })
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const client of this.#clients) if (!this.#asked.has(client)) client.destroy()
    await Promise.all(this.#working)
    await closed
  }

  /**
   * The socket is made in a folder that only its owner may enter and then moved to its place, so that
   * at no moment anybody else can connect.
   */
  async #listen(): Promise<void> {
    const nest = join(dirname(this.#path), 'control.new')
    rmSync(nest, { recursive: true, force: true })
    mkdirSync(nest, { mode: 0o700 })
    const made = join(nest, 's')
    const place = socketPlace(made)
    try {
      await listening(this.#server, place.path)
      chmodSync(made, 0o600)
      renameSync(made, this.#path)
    } catch (problem) {
      this.#server.close()
      throw problem
    } finally {
      place.close()
      rmSync(nest, { recursive: true, force: true })
    }
    const { report } = this.#options
    this.#server.on('error', (problem) => report(problem, this.#path))
  }

  #take(socket: Socket): void {
    const { clock, version } = this.#options
    socket.on('error', () => {
      // Whoever hangs up early: 'close' follows.
    })
    const greeting: Greeting = {
      control: protocolVersion,
      waybill: version,
      process: process.pid,
    }
    socket.write(jsonLine(greeting))
    if (this.#clients.size >= maxClients) {
      const text = `More than ${maxClients} commands ask this server at once.`
      const problem = new WaybillError('store-busy', text, { hint: 'Try again in a moment.' })
      // What it asks is not looked at; that it goes is seen by reading alone.
      socket.resume()
      void this.#end(socket, { type: 'problem', problem: problemOf(problem) })
      return
    }
    this.#clients.add(socket)
    const impatient = clock.setTimer(patienceMs, () => socket.destroy())
    socket.once('close', () => {
      impatient()
      this.#clients.delete(socket)
    })
    const lines = new JsonLineReader(this.#options.requestOctets ?? maxRequestOctets)
    const hear = (chunk: Uint8Array): void => {
      const read = lines.push(chunk)
      if (read.type === 'values' && read.values.length === 0) return
      // One request, one answer: what else comes is not looked at.
      socket.off('data', hear).resume()
      impatient()
      this.#asked.add(socket)
      const request = read.type === 'values' ? requestOf(read.values[0]) : undefined
      const working = this.#serve(socket, request).finally(() => this.#working.delete(working))
      this.#working.add(working)
    }
    socket.on('data', hear)
  }

  async #serve(socket: Socket, request: ControlRequest | undefined): Promise<void> {
    const answer = await this.#answerTo(request)
    await this.#end(socket, answer)
  }

  async #answerTo(request: ControlRequest | undefined): Promise<ControlAnswer> {
    try {
      if (this.#closing) return { type: 'closing' }
      if (request === undefined) {
        throw new WaybillError('usage', 'The server does not know this request.')
      }
      return { type: 'answer', value: await this.#options.answer(request) }
    } catch (problem) {
      // A fault of ours is told where faults are looked for, too.
      if (!(problem instanceof WaybillError)) {
        this.#options.report(problem, `control: ${request?.operation ?? ''}`)
      }
      return { type: 'problem', problem: problemOf(problem) }
    }
  }

  /** Says the last word. Resolves when the client is gone, or has been put out. */
  #end(socket: Socket, answer: ControlAnswer): Promise<void> {
    if (socket.destroyed) return Promise.resolve()
    return new Promise((resolve) => {
      const late = this.#options.clock.setTimer(lingerMs, () => socket.destroy())
      socket.once('close', () => {
        late()
        resolve()
      })
      socket.end(jsonLine(answer))
    })
  }
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (problem) => reject(told(problem, path)))
    server.listen({ path, backlog: maxClients }, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}

/** Some file systems have no sockets: those of other machines and of other systems. */
function told(problem: Error, path: string): Error {
  const code = codeOf(problem)
  if (code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'EPERM' && code !== 'EACCES') {
    return problem
  }
  return new WaybillError(
    'usage',
    `There can be no socket in ${dirname(path)} (${String(code)}).`,
    {
      hint: 'Put the data folder on a file system of this machine.',
      cause: problem,
    },
  )
}
