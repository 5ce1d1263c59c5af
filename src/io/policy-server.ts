import { once } from 'node:events'
import { createServer } from 'node:https'
import type { KeyedCertificate } from './certificates.ts'

/** A policy host that is open on loopback. */
export interface PolicyServer {
  readonly port: number
  close(): Promise<void>
}

/**
 * Serves the MTA-STS policies of some domains at a free port of loopback, as a policy host does (RFC
 * 8461 §3.3): for the lab.
 *
 * @param policies the text of a policy, by the name of its policy host
 */
export async function openPolicyServer(
  certificate: KeyedCertificate,
  policies: Readonly<Record<string, string>>,
): Promise<PolicyServer> {
  const { certificate: cert, privateKey: key } = certificate
  const texts = new Map(Object.entries(policies))
  const server = createServer({ cert, key, maxHeaderSize: 16 * 1024 }, (request, response) => {
    const text = texts.get(request.headers.host?.replace(/:\d+$/, '') ?? '')
    const isPolicy = request.url === '/.well-known/mta-sts.txt'
    const [status, body] =
      text === undefined || !isPolicy ? ([404, 'There is nothing here.\n'] as const) : [200, text]
    const head = { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) }
    response.writeHead(status, head).end(body)
  })
  // What a client thinks of the certificate is told where the client is.
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('openPolicyServer: no port')
  return {
    port: address.port,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
