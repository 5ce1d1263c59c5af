import { connect, createServer, type Socket } from 'node:net'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

/** Sends what a thread gets over, sockets too: a paused one is transferable, which Node's types do not say. */
export function postTo(thread: Worker, message: unknown, transfer: readonly object[]): void {
  const post: unknown = Reflect.get(thread, 'postMessage')
  if (typeof post === 'function') Reflect.apply(post, thread, [message, transfer])
}

/** Beyond so many threads the one writer is what they wait for. */
const mostByItself = 8

/**
 * How many session threads there are: as many as are wanted; where nobody says, one for each core, at
 * most 8. Fewer than two are none: the main thread speaks then.
 */
export function sessionThreads(wanted: number, cores: number = availableParallelism()): number {
  const threads = wanted === 0 ? Math.min(cores, mostByItself) : wanted
  return threads < 2 ? 0 : threads
}

/** A thread that says a word over the connection that it is given. */
const worker = `
  const { parentPort } = require('node:worker_threads')
  parentPort.once('message', ({ socket }) => {
    socket.on('error', () => {})
    socket.end('here')
    socket.resume()
  })
`

/** How long the word may take on a machine that has much to do. */
const patienceMs = 10_000

/**
 * Tries with a real connection whether a socket can be handed to a thread here. Gives why not;
 * `undefined` when it can.
 */
export async function whyNoHandOver(): Promise<string | undefined> {
  const thread = new Worker(worker, { eval: true, execArgv: [] })
  const server = createServer({ pauseOnConnect: true })
  let client: Socket | undefined
  try {
    return await new Promise((resolve) => {
      const failed = (problem: Error): void => resolve(problem.message)
      const late = setTimeout(() => resolve('a thread did not take a socket in time'), patienceMs)
      late.unref()
      thread.once('error', failed)
      server.once('error', failed)
      server.on('connection', (socket) => {
        try {
          postTo(thread, { socket }, [socket])
        } catch (problem) {
          resolve(String(problem))
        }
      })
      server.listen(0, '127.0.0.1', () => {
        const bound = server.address()
        const port = typeof bound === 'object' ? (bound?.port ?? 0) : 0
        client = connect(port, '127.0.0.1')
        client.on('error', failed)
        client.on('end', () => resolve('a thread took a socket and could not write to it'))
        client.once('data', () => resolve(undefined))
      })
    })
  } finally {
    client?.destroy()
    server.close()
    await thread.terminate()
  }
}
