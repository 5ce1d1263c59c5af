/**
 * A load generator: `connections` sessions at once, each sending letter after letter without
 * pipelining, as smtp-source does. Reads its orders as one JSON line on stdin, writes its result as
 * one JSON line. Run as a process of its own, so that its work is not counted to the server.
 */
import { connect, type Socket } from 'node:net'
import { readFileSync } from 'node:fs'
import { connect as connectTls } from 'node:tls'

/** What it is told. */
export interface LoadOrders {
  readonly host: string
  readonly port: number
  readonly connections: number
  readonly messages: number
  /** A file of letters, each preceded by its length as 4 octets, dot-stuffed and with the final dot. */
  readonly letters: string
  readonly from: string
  /** Each letter has one recipient: these in turn. */
  readonly to: readonly string[]
  /** TLS at once, and a login with PLAIN, as users come on port 465. */
  readonly login?: { readonly user: string; readonly password: string }
}

/** What it answers. */
export interface LoadResult {
  readonly accepted: number
  readonly perSecond: number
  /** What the server said that is neither 2xx nor 3xx, and how often. */
  readonly refusals: Readonly<Record<string, number>>
}

type Stage = 'greeting' | 'ehlo' | 'auth' | 'mail' | 'rcpt' | 'data' | 'dot' | 'quit'

const orders: LoadOrders = JSON.parse(readFileSync(0, 'utf8'))
const letters = readLetters(orders.letters)
let next = 0
let accepted = 0
const refusals = new Map<string, number>()

function readLetters(path: string): readonly Buffer[] {
  const file = readFileSync(path)
  const found: Buffer[] = []
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt32BE(at)
    found.push(file.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return found
}

function open(): Socket {
  const { host, port, login } = orders
  if (login !== undefined) return connectTls({ host, port, rejectUnauthorized: false })
  // The address that the sender's SPF record vouches for.
  return connect({ host, port, localAddress: '127.0.0.1', noDelay: true })
}

function session(): Promise<void> {
  return new Promise((resolve, reject) => {
    const { login, from, to } = orders
    const socket = open()
    let buffered = ''
    let stage: Stage = 'greeting'
    let letter: Buffer | undefined
    let recipient = ''
    const say = (then: Stage, line: string): void => {
      stage = then
      socket.write(`${line}\r\n`)
    }
    const begin = (): void => {
      if (next >= orders.messages) {
        say('quit', 'QUIT')
        return
      }
      letter = letters[next % letters.length]
      recipient = to[next++ % to.length] ?? ''
      say('mail', `MAIL FROM:<${from}>`)
    }
    const authenticate = ({ user, password }: NonNullable<typeof login>): void => {
      const response = Buffer.from(`\0${user}\0${password}`).toString('base64')
      say('auth', `AUTH PLAIN ${response}`)
    }
    const reply = (line: string): void => {
      const good = line.startsWith('2') || line.startsWith('3')
      if (!good) {
        const key = line.slice(0, 60)
        refusals.set(key, (refusals.get(key) ?? 0) + 1)
      }
      switch (stage) {
        case 'greeting':
          say('ehlo', 'EHLO client.sender.example')
          return
        case 'ehlo':
          if (login === undefined) begin()
          else authenticate(login)
          return
        case 'auth':
          begin()
          return
        case 'mail':
          say('rcpt', `RCPT TO:<${recipient}>`)
          return
        case 'rcpt':
          say('data', 'DATA')
          return
        case 'data':
          stage = 'dot'
          if (letter !== undefined) socket.write(letter)
          return
        case 'dot':
          if (good) accepted++
          begin()
          return
        case 'quit':
          socket.end()
          return
      }
    }
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      buffered += text
      for (let end = buffered.indexOf('\n'); end >= 0; end = buffered.indexOf('\n')) {
        const line = buffered.slice(0, end)
        buffered = buffered.slice(end + 1)
        if (line[3] !== '-') reply(line)
      }
    })
    socket.on('error', reject)
    socket.on('close', () => resolve())
  })
}

const started = performance.now()
await Promise.all(Array.from({ length: orders.connections }, session))
const seconds = (performance.now() - started) / 1000
const result: LoadResult = {
  accepted,
  perSecond: accepted / seconds,
  refusals: Object.fromEntries(refusals),
}
process.stdout.write(`${JSON.stringify(result)}\n`)
