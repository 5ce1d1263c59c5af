/**
 * A load generator: `connections` sessions at once, each sending letter after letter without
 * pipelining, as smtp-source does. Reads its orders as one JSON line on stdin, writes its result as
 * one JSON line. Run as a process of its own, so that its work is not counted to the server.
 */
import { connect } from 'node:net'
import { readFileSync } from 'node:fs'

/** What it is told. */
export interface LoadOrders {
  readonly host: string
  readonly port: number
  readonly connections: number
  readonly messages: number
  /** A file of letters, each preceded by its length as 4 octets, dot-stuffed and with the final dot. */
  readonly letters: string
}

/** What it answers. */
export interface LoadResult {
  readonly accepted: number
  readonly perSecond: number
  /** What the server said that is neither 2xx nor 3xx, and how often. */
  readonly refusals: Readonly<Record<string, number>>
}

const orders: LoadOrders = JSON.parse(readFileSync(0, 'utf8'))
const file = readFileSync(orders.letters)
const letters: Buffer[] = []
for (let at = 0; at < file.length; ) {
  const length = file.readUInt32BE(at)
  letters.push(file.subarray(at + 4, at + 4 + length))
  at += 4 + length
}

let next = 0
let accepted = 0
const refusals = new Map<string, number>()

function session(): Promise<void> {
  return new Promise((resolve, reject) => {
    const { host, port } = orders
    // The address that the sender's SPF record vouches for.
    const socket = connect({ host, port, localAddress: '127.0.0.1', noDelay: true })
    let buffered = ''
    let stage: 'greeting' | 'ehlo' | 'mail' | 'rcpt' | 'data' | 'dot' | 'quit' = 'greeting'
    let letter: Buffer | undefined
    const begin = (): void => {
      if (next >= orders.messages) {
        stage = 'quit'
        socket.write('QUIT\r\n')
        return
      }
      letter = letters[next++ % letters.length]
      stage = 'mail'
      socket.write('MAIL FROM:<sender@sender.example>\r\n')
    }
    const reply = (line: string): void => {
      const good = line.startsWith('2') || line.startsWith('3')
      if (!good) {
        const key = line.slice(0, 60)
        refusals.set(key, (refusals.get(key) ?? 0) + 1)
      }
      switch (stage) {
        case 'greeting':
          stage = 'ehlo'
          socket.write('EHLO client.sender.example\r\n')
          return
        case 'ehlo':
          begin()
          return
        case 'mail':
          stage = 'rcpt'
          socket.write('RCPT TO:<receiver@perf.example>\r\n')
          return
        case 'rcpt':
          stage = 'data'
          socket.write('DATA\r\n')
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
