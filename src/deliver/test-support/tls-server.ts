import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { createSecureContext, TLSSocket } from 'node:tls'
import { type Dialer, dialTcp } from '../../io/dialer.ts'
import type { KeyedCertificate } from '../../io/certificates.ts'
import { testCertificate } from '../../io/test-support/certificates.ts'

/** A server that takes every letter, and how it does TLS. */
export interface TlsServer {
  /** What it heard, over any connection: commands, and the lines of letters. */
  readonly heard: readonly string[]
  /** Leads every dial to it. */
  readonly dialer: Dialer
  /** On 127.0.0.1. */
  readonly port: number
  readonly certificate: KeyedCertificate
  /** The names that were asked for by SNI. */
  readonly asked: readonly string[]
}

export interface TlsServerOptions {
  /** `starttls` when not given; `broken` offers it and hangs up. */
  readonly tls?: 'starttls' | 'clear' | 'broken'
  readonly names?: readonly [string, ...string[]]
  readonly certificate?: KeyedCertificate
  /** What its answer to EHLO offers beside STARTTLS, over TLS alone. */
  readonly offers?: readonly string[]
}

/** Opens such a server on a port of loopback; it ends with the test. */
export async function tlsServer(
  t: TestContext,
  options: TlsServerOptions = {},
): Promise<TlsServer> {
  const { tls = 'starttls', names = ['mx.south.example'], offers = [] } = options
  const certificate = options.certificate ?? (await testCertificate(names))
  const asked: string[] = []
  const context = createSecureContext({
    cert: certificate.certificate,
    key: certificate.privateKey,
  })
  const heard: string[] = []
  const talk = (socket: Socket, secure: boolean): void => {
    let rest = ''
    let content = false
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString('latin1')).split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        heard.push(line)
        const word = line.slice(0, 4).toUpperCase()
        if (content) {
          if (line !== '.') continue
          content = false
          socket.write('250 2.0.0 taken\r\n')
        } else if (word === 'STAR') {
          socket.removeAllListeners('data')
          if (tls === 'broken') socket.destroy()
          else {
            socket.write('220 go on\r\n')
            const over = new TLSSocket(socket, {
              isServer: true,
              secureContext: context,
              SNICallback: (name, tell) => {
                asked.push(name)
                tell(null, context)
              },
            })
            talk(over, true)
          }
        } else if (word === 'EHLO') {
          const more = secure ? offers : tls === 'clear' ? [] : ['STARTTLS']
          const all = ['mx.south.example', ...more]
          const reply = all.map((one, i) => `250${i + 1 === all.length ? ' ' : '-'}${one}\r\n`)
          socket.write(reply.join(''))
        } else if (word === 'DATA') {
          content = true
          socket.write('354 go on\r\n')
        } else if (word === 'QUIT') socket.end('221 2.0.0 bye\r\n')
        else socket.write('250 2.1.0 ok\r\n')
      }
    })
  }
  const listener = createServer((socket) => {
    t.after(() => socket.destroy())
    talk(socket, false)
    socket.write('220 mx.south.example\r\n')
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.after(() => listener.close())
  const place = listener.address()
  const port = typeof place === 'object' && place !== null ? place.port : 0
  const dialer: Dialer = {
    dial: ({ timeoutMs }) => dialTcp('127.0.0.1', port, timeoutMs),
    realPlace: () => undefined,
  }
  return { heard, dialer, port, certificate, asked }
}
