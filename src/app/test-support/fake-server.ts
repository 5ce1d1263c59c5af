import { createServer, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import type { KeyedCertificate } from '../../io/certificates.ts'

/** Where in the dialogue an answer is due. */
export type Stage =
  | 'banner'
  | 'ehlo'
  | 'starttls'
  | 'auth'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'dot'
  | 'rset'

/**
 * A reply as it stands on the wire, the end of the connection, nothing at all, or the first octets of a
 * reply with the end of the connection behind them: what it meant has happened all the same.
 */
export type Act =
  | string
  | { readonly type: 'hang-up' }
  | { readonly type: 'silence' }
  | { readonly type: 'cut'; readonly reply: string; readonly octets: number }

export const hangUp: Act = { type: 'hang-up' }
export const silence: Act = { type: 'silence' }

export interface FakeServerOptions {
  /** What is said at a stage; `undefined` is what a good server says. */
  readonly answer?: (stage: Stage, line: string, connection: number) => Act | undefined
  /** With a certificate STARTTLS is offered; `broken` offers it and cannot do it. */
  readonly tls?: KeyedCertificate | 'broken'
  /** EHLO keywords beside those. */
  readonly keywords?: readonly string[]
  /** It speaks LMTP: the dot has an answer for each recipient, whose RCPT is the line. RFC 2033. */
  readonly lmtp?: boolean
}

/** A letter that a fake server has taken. */
export interface TakenLetter {
  readonly mail: string
  readonly rcpt: readonly string[]
  /** Octets as text, dot-stuffing undone. */
  readonly text: string
  readonly tls: boolean
}

/** A server that answers as a test wants: good, rude, dead at any stage. */
export class FakeServer {
  readonly letters: TakenLetter[] = []
  /** From where each connection came, in their order. */
  readonly peers: string[] = []
  /** Every line that any client said. */
  readonly lines: string[] = []
  connections = 0
  readonly #options: FakeServerOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #dialogues = new Set<Dialogue>()
  readonly #context: SecureContext | undefined

  private constructor(options: FakeServerOptions) {
    this.#options = options
    const { tls } = options
    this.#context =
      tls === undefined || tls === 'broken'
        ? undefined
        : createSecureContext({ cert: tls.certificate, key: tls.privateKey })
    this.#server = createServer((socket) => this.#serve(socket))
  }

  /** Opens a server that is closed after the test. */
  static open(
    t: TestContext,
    options: FakeServerOptions = {},
    host = '127.0.0.1',
  ): Promise<FakeServer> {
    const fake = new FakeServer(options)
    t.after(() => fake.close())
    return new Promise((resolve) => {
      fake.#server.listen(0, host, () => resolve(fake))
    })
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('FakeServer: closed')
    return address.port
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  /** Says something late, to every client that is connected. */
  say(reply: string): void {
    for (const dialogue of this.#dialogues) dialogue.write(reply)
  }

  #serve(socket: Socket): void {
    const dialogue = new Dialogue(this.#options, ++this.connections, this.#context)
    this.peers.push(socket.remoteAddress ?? '')
    dialogue.onLine = (line) => this.lines.push(line)
    dialogue.onLetter = (letter) => this.letters.push(letter)
    this.#sockets.add(socket)
    this.#dialogues.add(dialogue)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#dialogues.delete(dialogue)
    })
    dialogue.serve(socket)
  }
}

class Dialogue {
  onLine: (line: string) => void = () => {}
  onLetter: (letter: TakenLetter) => void = () => {}
  readonly #options: FakeServerOptions
  readonly #number: number
  readonly #context: SecureContext | undefined
  #socket: Socket | undefined
  #buffered = ''
  #tls = false
  #mail = ''
  #rcpt: string[] = []
  #content: string[] | undefined
  #silent = false

  constructor(options: FakeServerOptions, number: number, context: SecureContext | undefined) {
    this.#options = options
    this.#number = number
    this.#context = context
  }

  serve(socket: Socket): void {
    this.#attach(socket)
    this.#say('banner', '', '220 fake.example')
  }

  write(reply: string): void {
    this.#socket?.write(`${reply}\r\n`)
  }

  #attach(socket: Socket): void {
    this.#socket = socket
    this.#buffered = ''
    socket.on('error', () => {})
    socket.on('data', (chunk: Uint8Array) => {
      this.#buffered += Buffer.from(chunk).toString('latin1')
      for (let at = this.#buffered.indexOf('\r\n'); at >= 0; at = this.#buffered.indexOf('\r\n')) {
        const line = this.#buffered.slice(0, at)
        this.#buffered = this.#buffered.slice(at + 2)
        if (this.#content === undefined) this.#command(line)
        else this.#contentLine(line)
      }
    })
  }

  #command(line: string): void {
    this.onLine(line)
    const verb = line.split(/[ :]/)[0]?.toUpperCase() ?? ''
    switch (verb) {
      case 'EHLO':
      case 'HELO':
      case 'LHLO':
        if ((verb === 'LHLO') !== (this.#options.lmtp === true)) break
        this.#say('ehlo', line, this.#ehlo())
        return
      case 'STARTTLS':
        this.#startTls(line)
        return
      case 'AUTH':
        this.#say('auth', line, '235 2.7.0 welcome')
        return
      case 'MAIL':
        this.#mail = line
        this.#rcpt = []
        this.#say('mail', line, '250 2.1.0 ok')
        return
      case 'RCPT':
        if (this.#say('rcpt', line, '250 2.1.5 ok')) this.#rcpt.push(line)
        return
      case 'DATA':
        if (this.#say('data', line, this.#rcpt.length > 0 ? '354 go on' : '554 5.5.1 to whom?'))
          this.#content = []
        return
      case 'RSET':
        this.#say('rset', line, '250 2.0.0 ok')
        return
      case 'QUIT':
        this.#socket?.end('221 2.0.0 bye\r\n')
        return
      default:
    }
    this.#socket?.write('502 5.5.1 what?\r\n')
  }

  #ehlo(): string {
    const { tls, keywords = [] } = this.#options
    const offers = ['PIPELINING', '8BITMIME', 'ENHANCEDSTATUSCODES', ...keywords]
    if (tls !== undefined && !this.#tls) offers.push('STARTTLS')
    return ['250-fake.example', ...offers.slice(0, -1).map((one) => `250-${one}`)]
      .concat(`250 ${offers.at(-1) ?? ''}`)
      .join('\r\n')
  }

  #startTls(line: string): void {
    if (!this.#say('starttls', line, '220 2.0.0 go ahead')) return
    const plain = this.#socket
    if (plain === undefined) return
    plain.removeAllListeners('data')
    if (this.#context === undefined) {
      plain.once('data', () => plain.end('this is no TLS\r\n'))
      return
    }
    this.#tls = true
    this.#attach(new TLSSocket(plain, { isServer: true, secureContext: this.#context }))
  }

  #contentLine(line: string): void {
    const content = this.#content ?? []
    if (line !== '.') {
      content.push(line.startsWith('.') ? line.slice(1) : line)
      return
    }
    this.#content = undefined
    const text = content.map((one) => `${one}\r\n`).join('')
    const letter = { mail: this.#mail, rcpt: this.#rcpt, text, tls: this.#tls }
    if (this.#options.lmtp === true) {
      const rcpt = this.#rcpt.filter((one) => this.#say('dot', one, '250 2.0.0 taken'))
      if (rcpt.length > 0) this.onLetter({ ...letter, rcpt })
    } else if (this.#say('dot', line, '250 2.0.0 taken')) this.onLetter(letter)
  }

  /** Answers; true when the answer is one of success. */
  #say(stage: Stage, line: string, good: string): boolean {
    if (this.#silent) return false
    const act = this.#options.answer?.(stage, line, this.#number) ?? good
    if (typeof act === 'string') {
      this.#socket?.write(`${act}\r\n`)
      return act.startsWith('2') || act.startsWith('3')
    }
    if (act.type === 'cut') {
      this.#socket?.end(`${act.reply}\r\n`.slice(0, act.octets))
      return act.reply.startsWith('2')
    }
    if (act.type === 'hang-up') this.#socket?.destroy()
    // Who has fallen silent says nothing to what was pipelined behind either.
    else this.#silent = true
    return false
  }
}
