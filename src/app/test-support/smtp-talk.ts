import { connect, type Socket } from 'node:net'
import { connect as tlsConnect, TLSSocket } from 'node:tls'

/** One reply of a server. */
export interface Said {
  readonly code: number
  /** `5.7.1`, or empty. */
  readonly enhanced: string
  readonly lines: readonly string[]
  /** All lines, with a space between. */
  readonly text: string
}

/** How the server is reached; loopback in the clear unless said otherwise. */
export interface TalkPlace {
  readonly tls?: boolean
  readonly host?: string
  /** The address that the client calls from. */
  readonly localAddress?: string
}

/** How long a test waits for one reply: far more than it takes, so that only a fault gets there. */
const patienceMs = 20_000

/**
 * A client that says what a test tells it to, right or wrong, and reads whole replies. It knows
 * nothing of SMTP but how a reply ends, so that it can be as rude as the test needs.
 */
export class SmtpTalk {
  #socket: Socket
  #buffered = ''
  #replies: Said[] = []
  #waiting: ((said: Said | undefined) => void)[] = []
  #lines: string[] = []
  #ended = false
  readonly #closed: Promise<void>
  #tellClosed: () => void = () => {}

  private constructor(socket: Socket) {
    this.#closed = new Promise((resolve) => {
      this.#tellClosed = resolve
    })
    this.#socket = socket
    this.#attach()
  }

  /** Connects, and reads nothing yet. */
  static open(port: number, options: TalkPlace = {}): Promise<SmtpTalk> {
    return new Promise((resolve, reject) => {
      const { host = '127.0.0.1', localAddress } = options
      const place = { host, port, ...(localAddress === undefined ? {} : { localAddress }) }
      const plain = options.tls !== true
      // Half open, so that a test can end its own side and still hear the answer.
      const socket = plain
        ? connect({ ...place, allowHalfOpen: true })
        : tlsConnect({ ...place, rejectUnauthorized: false })
      socket.once('error', reject)
      socket.once(plain ? 'connect' : 'secureConnect', () => {
        socket.off('error', reject)
        resolve(new SmtpTalk(socket))
      })
    })
  }

  /** Connects and says EHLO. */
  static async greeted(
    port: number,
    options: TalkPlace & { readonly helo?: string } = {},
  ): Promise<SmtpTalk> {
    const talk = await SmtpTalk.open(port, options)
    await talk.read(220)
    await talk.say(`EHLO ${options.helo ?? 'client.example'}`, 250)
    return talk
  }

  /** The next reply; with a code, it must be that one. */
  async read(code?: number): Promise<Said> {
    const said = this.#replies.shift() ?? (await this.#next())
    if (said === undefined) throw new Error(`SmtpTalk: closed, and ${code ?? 'a reply'} was due`)
    if (code !== undefined && said.code !== code) {
      throw new Error(`SmtpTalk: wanted ${code}, heard ${said.code} ${said.text}`)
    }
    return said
  }

  /** Says a line and reads the reply. */
  say(line: string, code?: number): Promise<Said> {
    this.write(`${line}\r\n`)
    return this.read(code)
  }

  /** Says octets (of an octet string) as they are. */
  write(octets: string | Uint8Array): void {
    this.#socket.write(typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets)
  }

  /** Resolves when what was written has left, or cannot leave any more. */
  flushed(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.write('', () => resolve())
    })
  }

  /** One letter from MAIL FROM to its answer. Lines of `message` may end with LF. */
  async letter(letter: {
    readonly from: string
    readonly to: string | readonly string[]
    readonly message: string
    readonly parameters?: string
  }): Promise<Said> {
    const { from, to, message, parameters } = letter
    await this.say(`MAIL FROM:<${from}>${parameters === undefined ? '' : ` ${parameters}`}`, 250)
    for (const one of typeof to === 'string' ? [to] : to) await this.say(`RCPT TO:<${one}>`, 250)
    return this.data(message)
  }

  /** DATA and the message, to its answer. */
  async data(message: string): Promise<Said> {
    await this.say('DATA', 354)
    const text = message.replace(/\r?\n/g, '\r\n').replace(/^\./gm, '..')
    this.write(`${text}${text.endsWith('\r\n') ? '' : '\r\n'}.\r\n`)
    return this.read()
  }

  /** STARTTLS, the handshake and EHLO again. */
  async startTls(): Promise<void> {
    await this.say('STARTTLS', 220)
    const plain = this.#socket
    plain.removeAllListeners()
    this.#socket = tlsConnect({ socket: plain, rejectUnauthorized: false })
    await new Promise<void>((resolve, reject) => {
      this.#socket.once('secureConnect', resolve)
      this.#socket.once('error', reject)
    })
    this.#attach()
    await this.say('EHLO client.example', 250)
  }

  /** The socket, for a handshake that the test does itself. Nothing more is read here. */
  take(): Socket {
    this.#socket.removeAllListeners()
    return this.#socket
  }

  /** The fingerprint of the certificate that the server has shown; empty without TLS. */
  get certificate(): string {
    return this.#socket instanceof TLSSocket ? this.#socket.getPeerCertificate().fingerprint256 : ''
  }

  /** AUTH PLAIN. */
  login(name: string, password: string, code?: number): Promise<Said> {
    const response = Buffer.from(`\0${name}\0${password}`).toString('base64')
    return this.say(`AUTH PLAIN ${response}`, code)
  }

  /** Sends no more; what the server says is still heard. */
  half(): void {
    this.#socket.end()
  }

  /** Reads nothing any more, though more may come. */
  stall(): void {
    this.#socket.pause()
  }

  /** Breaks the connection (RST): the other side hears of it even when it reads nothing. */
  reset(): void {
    this.#socket.resetAndDestroy()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** QUIT, and waits for the end. */
  async quit(): Promise<void> {
    await this.say('QUIT', 221)
    this.#socket.end()
    await this.#closed
  }

  /** Resolves when the server has closed the connection. */
  get closed(): Promise<void> {
    return this.#closed
  }

  #attach(): void {
    this.#socket.on('data', (chunk: Uint8Array) => {
      this.#buffered += Buffer.from(chunk).toString('latin1')
      this.#takeLines()
    })
    this.#socket.on('error', () => {})
    const end = (): void => {
      this.#ended = true
      this.#tellClosed()
      for (const waiting of this.#waiting.splice(0)) waiting(undefined)
    }
    this.#socket.on('end', () => {
      end()
      this.#socket.end()
    })
    this.#socket.on('close', end)
  }

  #takeLines(): void {
    for (let at = this.#buffered.indexOf('\r\n'); at >= 0; at = this.#buffered.indexOf('\r\n')) {
      const line = this.#buffered.slice(0, at)
      this.#buffered = this.#buffered.slice(at + 2)
      this.#lines.push(line)
      if (line[3] === '-') continue
      this.#tell(saidBy(this.#lines.splice(0)))
    }
  }

  #tell(said: Said): void {
    const waiting = this.#waiting.shift()
    if (waiting === undefined) this.#replies.push(said)
    else waiting(said)
  }

  #next(): Promise<Said | undefined> {
    if (this.#ended) return Promise.resolve(undefined)
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('SmtpTalk: no reply')), patienceMs)
      this.#waiting.push((said) => {
        clearTimeout(late)
        resolve(said)
      })
    })
  }
}

function saidBy(lines: readonly string[]): Said {
  const parts = lines.map((line) => /^(\d{3})[ -](?:(\d\.\d{1,3}\.\d{1,3}) )?(.*)$/s.exec(line))
  const texts = parts.map((part) => part?.[3] ?? '')
  return {
    code: Number(parts[0]?.[1] ?? 0),
    enhanced: parts[0]?.[2] ?? '',
    lines: texts,
    text: texts.join(' '),
  }
}

/** The id of the journey that a reply names, which every 250 to a message and every refusal does. */
export function referenceIn({ text }: Said): string {
  const id = /Ref ([0-9a-hjkmnp-tv-z]{16})$/.exec(text)?.[1]
  if (id === undefined) throw new Error(`no reference in "${text}"`)
  return id
}
