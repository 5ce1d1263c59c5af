import { createServer, type Server, type Socket } from 'node:net'

/** How a server of the world behaves. */
export type Temper =
  | 'good'
  /** One letter, then 421 and the end: polite, and common at big providers. */
  | 'one a connection'
  /** Greets and then says nothing any more. */
  | 'silent'
  /** Ends the connection at STARTTLS, which it offers. */
  | 'hangs up at STARTTLS'

/** A mail server that takes every letter and counts them by the word in their subject. */
export class Sink {
  /** How often each subject came, whole. */
  readonly counts = new Map<string, number>()
  connections = 0
  readonly #temper: Temper
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(temper: Temper) {
    this.#temper = temper
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket))
  }

  static open(ip: string, temper: Temper): Promise<Sink> {
    const sink = new Sink(temper)
    return new Promise((resolve, reject) => {
      sink.#server.once('error', reject)
      sink.#server.listen(25, ip, () => resolve(sink))
    })
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #serve(socket: Socket): void {
    this.connections++
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => {})
    socket.setEncoding('latin1')
    const say = (text: string): void => void socket.write(`${text}\r\n`)
    let buffered = ''
    let inside = false
    let subject = ''
    const taken = (): void => {
      this.counts.set(subject, (this.counts.get(subject) ?? 0) + 1)
      inside = false
      subject = ''
      say('250 2.0.0 taken')
      if (this.#temper === 'one a connection') socket.end('421 4.7.0 one letter a connection\r\n')
    }
    const command = (line: string): void => {
      switch (line.slice(0, 4).toUpperCase()) {
        case 'EHLO':
          if (this.#temper === 'silent') return
          say('250-sink.example\r\n250-PIPELINING')
          say(this.#temper === 'hangs up at STARTTLS' ? '250 STARTTLS' : '250 8BITMIME')
          return
        case 'STAR':
          socket.destroy()
          return
        case 'DATA':
          inside = true
          say('354 go on')
          return
        case 'QUIT':
          socket.end('221 2.0.0 bye\r\n')
          return
        default:
          say('250 2.0.0 ok')
      }
    }
    socket.on('data', (text: string) => {
      buffered += text
      for (let end = buffered.indexOf('\r\n'); end >= 0; end = buffered.indexOf('\r\n')) {
        const line = buffered.slice(0, end)
        buffered = buffered.slice(end + 2)
        if (!inside) command(line)
        else if (line === '.') taken()
        else if (subject === '') subject = /^Subject: (\w+)$/.exec(line)?.[1] ?? ''
      }
    })
    say('220 sink.example')
  }
}
