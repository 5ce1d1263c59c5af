import { type Socket as UdpSocket, createSocket } from 'node:dgram'
import { type Server, createServer } from 'node:net'
import { WaybillError } from '../base/error.ts'
import type { DnsEndpoint } from './stub-options.ts'

/** The same port for UDP and TCP, both open. */
export interface DnsPorts {
  readonly endpoint: DnsEndpoint
  readonly udp: UdpSocket
  readonly tcp: Server
}

/** A port that is free for TCP may be taken for UDP: then another is tried, so often at most. */
const maxTries = 20

/**
 * Opens a port for UDP and TCP; 0 chooses one that is free for both.
 *
 * @throws WaybillError `port-taken` when another program has the port or it may not be opened
 */
export async function openDnsPorts(address: string, wanted: number): Promise<DnsPorts> {
  for (let tries = wanted === 0 ? maxTries : 1; ; tries--) {
    const tcp = await listenTcp(address, wanted)
    const bound = tcp.address()
    const port = typeof bound === 'object' && bound !== null ? bound.port : wanted
    try {
      return { endpoint: { address, port }, udp: await bindUdp(address, port), tcp }
    } catch (problem) {
      await new Promise<void>((done) => tcp.close(() => done()))
      if (tries <= 1 || !(problem instanceof WaybillError)) throw problem
    }
  }
}

function listenTcp(address: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (problem) => reject(bindProblem(problem, address, port)))
    server.listen({ host: address, port }, () => {
      server.removeAllListeners('error')
      server.on('error', () => {})
      resolve(server)
    })
  })
}

function bindUdp(address: string, port: number): Promise<UdpSocket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    socket.once('error', (problem) => {
      socket.close()
      reject(bindProblem(problem, address, port))
    })
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error')
      resolve(socket)
    })
  })
}

function bindProblem(problem: Error, address: string, port: number): WaybillError {
  const code = 'code' in problem ? problem.code : undefined
  const why =
    code === 'EADDRINUSE'
      ? 'is used by another program'
      : code === 'EACCES'
        ? 'may not be opened by this user'
        : `cannot be opened: ${problem.message}`
  return new WaybillError('port-taken', `Port ${port} for DNS on ${address} ${why}.`, {
    cause: problem,
    hint: 'Choose another port, or let the system choose with port 0.',
  })
}
