import { createServer, type Server, type Socket } from 'node:net'
import { WaybillError } from '../base/error.ts'

export interface ListenOptions {
  readonly address: string
  /** 0 lets the system choose a free one. */
  readonly port: number
  /** More connections than this are told `busy` and closed. */
  readonly maxConnections: number
  /**
   * A socket whose file descriptor is this number or above is told `busy`: the system gives the
   * lowest free number, so as many are in use, and what is left is for DNS, files and delivery.
   */
  readonly maxDescriptor?: number | undefined
  /** What one connection too many is told; absent where nothing can be said before TLS. */
  readonly busy?: Uint8Array | undefined
  /** Who of those for whom there is room gets in. Absent: everybody. */
  admit?(ip: string): Admission
  /**
   * A connection has come, and has a place for as long as its socket lives. It is not read from yet.
   *
   * @param keep keeps the place for a socket that goes to another thread, until what it gives is called
   */
  onSocket(socket: Socket, keep: () => () => void): void
  /** The first connection too many. */
  onFailure(failure: ListenFailure): void
}

/** A place, given back when the connection is gone; or what is said instead of a greeting. */
export type Admission =
  | { readonly type: 'admitted'; leave(): void }
  | { readonly type: 'turnedAway'; readonly words: Uint8Array | undefined }

export interface ListenFailure {
  readonly type: 'full' | 'descriptors'
  readonly ip: string
  readonly port: number
  readonly problem: string
}

/** A listening port. */
export interface Listener {
  readonly address: string
  readonly port: number
  /** How many connections are open now, and how many may be. */
  readonly taken: { readonly connections: number; readonly most: number }
  /** From now on so many connections are taken at once; those that are open stay. */
  setMaxConnections(most: number): void
  /** Stops taking connections; open ones live on until their agents end them. */
  close(): Promise<void>
}

/**
 * Listens for TCP connections. Sockets are half-open, so that the end of a client is heard while
 * there is still something to say, and at any time within a handshake.
 *
 * @throws WaybillError `port-taken` when another program has the port or it may not be opened.
 */
export function listen(options: ListenOptions): Promise<Listener> {
  let most = options.maxConnections
  const places = new Places(() => told.clear())
  /** Connections that are turned away: nobody else can end them. */
  const loose = new Set<Socket>()
  /** Told once for each time that a limit is reached: a flood must not fill the log as well. */
  const told = new Set<ListenFailure['type']>()
  const full = (type: 'full' | 'descriptors', socket: Socket, problem: string): void => {
    if (!told.has(type)) options.onFailure({ type, ...callerOf(socket), problem })
    told.add(type)
    keep(loose, socket)
    // Each one that lingers keeps a descriptor, so it must not where they are short.
    const crowd = type === 'descriptors' ? 0 : turnedAwayAtOnce
    turnAway(socket, loose.size > crowd ? 'at once' : 'gently', options.busy)
  }
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    places.sweep()
    // It was reset before it was taken: whose it was nobody knows, and so nobody is counted for it.
    if (socket.remoteAddress === undefined) {
      socket.destroy()
      return
    }
    if (descriptorOf(socket) >= (options.maxDescriptor ?? Infinity)) {
      const problem = 'no file descriptors are left for more connections (ulimit -n)'
      full('descriptors', socket, problem)
      return
    }
    if (places.taken >= most) {
      full('full', socket, `more than ${most} connections at once`)
      return
    }
    const admission = options.admit?.(socket.remoteAddress ?? '') ?? everybody
    if (admission.type === 'turnedAway') {
      keep(loose, socket)
      const how = loose.size > turnedAwayAtOnce ? 'at once' : 'gently'
      turnAway(socket, how, admission.words)
      return
    }
    places.take(socket, () => admission.leave())
    options.onSocket(socket, () => places.keep(socket))
  })
  const setMaxConnections = (wanted: number): void => {
    most = wanted
    // Those that are being told so are few as well: the system drops what comes beyond.
    server.maxConnections = most + turnedAwayAtOnce
  }
  setMaxConnections(most)
  return new Promise((resolve, reject) => {
    server.once('error', (problem: NodeJS.ErrnoException) =>
      reject(listenProblem(problem, options)),
    )
    server.listen({ host: options.address, port: options.port, backlog: 1024 }, () => {
      server.removeAllListeners('error')
      const bound = server.address()
      if (bound === null || typeof bound === 'string') throw new Error('listen: not a TCP address')
      const { address, port } = bound
      resolve({
        address,
        port,
        get taken() {
          places.sweep()
          return { connections: places.taken, most }
        },
        setMaxConnections,
        close: () => close(server, loose),
      })
    })
  })
}

const everybody: Admission = { type: 'admitted', leave: () => {} }

const turnedAwayAtOnce = 50
const turnAwayMs = 2000

/**
 * A word and the end. Gently, so that the word is heard whatever the client is sending: who does not
 * close its side in time is dropped. At once when there are many of them.
 */
function turnAway(socket: Socket, how: 'gently' | 'at once', words: Uint8Array | undefined): void {
  socket.on('error', () => {})
  if (words === undefined) {
    socket.destroy()
    return
  }
  if (how === 'at once') {
    socket.write(words)
    socket.destroySoon()
    return
  }
  const timer = setTimeout(() => socket.destroy(), turnAwayMs)
  socket.once('close', () => clearTimeout(timer))
  socket.end(words)
  socket.resume()
}

function callerOf(socket: Socket): { readonly ip: string; readonly port: number } {
  return { ip: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
}

/** The number of the socket's descriptor; -1 where the system has none. */
function descriptorOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle')
  const number: unknown =
    typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined
  return typeof number === 'number' ? number : -1
}

function keep(loose: Set<Socket>, socket: Socket): void {
  loose.add(socket)
  socket.once('close', () => loose.delete(socket))
}

/** Resolves when nothing more can come of the port. */
async function close(server: Server, loose: ReadonlySet<Socket>): Promise<void> {
  for (const socket of loose) socket.destroy()
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
}

/** Why a port cannot be opened, as it is told to whoever wants it. */
export function listenProblem(
  problem: NodeJS.ErrnoException,
  options: { readonly address: string; readonly port: number },
): WaybillError {
  const place = `${options.address}:${options.port}`
  if (problem.code === 'EADDRINUSE') {
    return new WaybillError(
      'port-taken',
      `Port ${options.port} is taken by another program (${place}).`,
      {
        cause: problem,
        hint: 'Stop that program, or choose another port.',
      },
    )
  }
  if (problem.code === 'EACCES') {
    return new WaybillError(
      'port-taken',
      `This user may not open port ${options.port} (${place}).`,
      {
        cause: problem,
        hint: 'Ports below 1024 need root or the capability CAP_NET_BIND_SERVICE.',
      },
    )
  }
  return new WaybillError('port-taken', `Cannot listen on ${place}: ${problem.message}`, {
    cause: problem,
  })
}

/**
 * The connections that have a place, each with what is to be done when it is gone. Who is gone is
 * read from the sockets themselves: a listener of ours could be taken off by another part, and then
 * the place would be lost for good.
 */
export class Places {
  /** By the socket, or by what stands for one that another thread has. */
  readonly #leave = new Map<object, () => void>()
  readonly #onFree: () => void

  /** @param onFree called each time that a place becomes free */
  constructor(onFree: () => void = () => {}) {
    this.#onFree = onFree
  }

  /** How many places are taken, as of the last `sweep`. */
  get taken(): number {
    return this.#leave.size
  }

  take(socket: Socket, leave: () => void): void {
    this.#leave.set(socket, leave)
    // Only so that it is known at once.
    socket.once('close', () => this.#free(socket))
  }

  /**
   * From now on the place is not its socket's: it is kept, whatever becomes of the socket here, until
   * what this gives is called.
   */
  keep(socket: Socket): () => void {
    const leave = this.#leave.get(socket)
    if (leave === undefined) return () => {}
    const held = {}
    this.#leave.delete(socket)
    this.#leave.set(held, leave)
    return () => this.#free(held)
  }

  /** Frees the places of all whose socket is gone. */
  sweep(): void {
    for (const holder of this.#leave.keys()) {
      if ('destroyed' in holder && holder.destroyed === true) this.#free(holder)
    }
  }

  #free(holder: object): void {
    const leave = this.#leave.get(holder)
    if (leave === undefined) return
    this.#leave.delete(holder)
    leave()
    this.#onFree()
  }
}
