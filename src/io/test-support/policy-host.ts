import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { KeyedCertificate } from '../certificates.ts'

/** An HTTPS server on loopback that is closed with the test. */
export interface PolicyHost {
  readonly port: number
  /** The requests that came, as `GET mta-sts.example.com /.well-known/mta-sts.txt`. */
  readonly asked: readonly string[]
}

/** Serves what a test wants, with the certificate that it wants. */
export async function openPolicyHost(
  t: Pick<TestContext, 'after'>,
  certificate: KeyedCertificate,
  answer: (response: ServerResponse, request: IncomingMessage) => void,
): Promise<PolicyHost> {
  const asked: string[] = []
  const { certificate: cert, privateKey: key } = certificate
  const server = createServer({ cert, key }, (request, response) => {
    asked.push(`${request.method} ${request.headers.host} ${request.url}`)
    answer(response, request)
  })
  // What a client thinks of the certificate is looked at where the client is.
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { port, asked }
}
