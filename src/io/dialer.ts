import { connect } from 'node:net'
import { Peer } from './peer.ts'

/** A connection, or why there is none: a value, because a server that is down is no surprise. */
export type Dialled =
  | { readonly type: 'connected'; readonly peer: Peer }
  | { readonly type: 'failed'; readonly reason: DialFailure; readonly text: string }

export type DialFailure = 'refused' | 'timeout' | 'unreachable' | 'not-allowed' | 'broken'

/** Opens connections to other servers. In the lab addresses for documentation lead to loopback. */
export interface Dialer {
  dial(target: {
    /** An address, or the absolute path of a Unix socket, whose port is 0. */
    readonly ip: string
    readonly port: number
    readonly timeoutMs: number
    /** The address of this machine to call from, of the same family. Absent: the system chooses. */
    readonly localAddress?: string
  }): Promise<Dialled>
  /** Where `target` really is, when that differs from what it is called: `127.0.0.1:2602`. */
  realPlace(target: { readonly ip: string; readonly port: number }): string | undefined
}

/** Dials over TCP. */
export const tcpDialer: Dialer = {
  dial: ({ ip, port, timeoutMs, localAddress }) => dialTcp(ip, port, timeoutMs, localAddress),
  realPlace: () => undefined,
}

/** Connects to `ip` and `port`, or to a Unix socket, within `timeoutMs`, from `localAddress` where one is given. Never rejects. */
export function dialTcp(
  ip: string,
  port: number,
  timeoutMs: number,
  localAddress?: string,
): Promise<Dialled> {
  return new Promise((resolve) => {
    const from = localAddress === undefined ? {} : { localAddress }
    const place = ip.startsWith('/') ? { path: ip } : { host: ip, port, noDelay: true, ...from }
    const socket = connect({ ...place, allowHalfOpen: false })
    const timer = setTimeout(() => {
      settle({ type: 'failed', reason: 'timeout', text: `no answer within ${timeoutMs / 1000} s` })
      socket.destroy()
    }, timeoutMs)
    const failed = (problem: NodeJS.ErrnoException): void => {
      settle({ type: 'failed', ...dialProblem(problem) })
    }
    const settle = (outcome: Dialled): void => {
      clearTimeout(timer)
      socket.off('error', failed)
      // A late error of a socket that was given up is of no interest to anyone.
      if (outcome.type === 'failed') socket.on('error', () => {})
      resolve(outcome)
    }
    socket.once('error', failed)
    socket.once('connect', () => settle({ type: 'connected', peer: new Peer(socket) }))
  })
}

/** What a failed connection is told as. That we have no descriptors left is no fault of the far side. */
export function dialProblem(problem: {
  readonly code?: string | undefined
  readonly message: string
}): { readonly reason: DialFailure; readonly text: string } {
  const { code, message } = problem
  if (code === 'EMFILE' || code === 'ENFILE') {
    return { reason: 'broken', text: 'this server has no file descriptors left (ulimit -n)' }
  }
  return { reason: failureOf(code), text: message }
}

function failureOf(code: string | undefined): DialFailure {
  if (code === 'ECONNREFUSED') return 'refused'
  if (code === 'ETIMEDOUT') return 'timeout'
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'EADDRNOTAVAIL')
    return 'unreachable'
  return 'broken'
}
