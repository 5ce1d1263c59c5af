import { connect, type Socket } from 'node:net'
import { codeOf } from '../base/error.ts'
import { socketPlace } from './socket-place.ts'

/** Nobody is at a socket: there is none, or its process is gone. */
export type Absence = 'no-socket' | 'nobody-listens'

/**
 * Connects to a socket of this machine. The system does that at once, or says why not.
 *
 * @throws the system's own error
 */
export function connectTo(path: string): Promise<Socket | Absence> {
  const placed = placeOf(path)
  if (placed === undefined) return Promise.resolve('no-socket')
  return new Promise((resolve, reject) => {
    const socket = connect(placed.path)
    const failed = (problem: Error): void => {
      placed.close()
      const absence = absenceOf(problem)
      if (absence === undefined) reject(problem)
      else resolve(absence)
    }
    socket.once('error', failed)
    socket.once('connect', () => {
      placed.close()
      socket.off('error', failed)
      resolve(socket)
    })
  })
}

/** Whether somebody listens there. */
export async function isAnswered(path: string): Promise<boolean> {
  const socket = await connectTo(path).catch(() => 'nobody-listens' as const)
  if (typeof socket === 'string') return false
  socket.on('error', () => {})
  socket.destroy()
  return true
}

function placeOf(path: string): ReturnType<typeof socketPlace> | undefined {
  try {
    return socketPlace(path)
  } catch (problem) {
    if (codeOf(problem) === 'ENOENT') return undefined
    throw problem
  }
}

function absenceOf(problem: unknown): Absence | undefined {
  switch (codeOf(problem)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'no-socket'
    // A server that was killed leaves its socket, and something else may lie there.
    case 'ECONNREFUSED':
    case 'ENOTSOCK':
      return 'nobody-listens'
    default:
      return undefined
  }
}
