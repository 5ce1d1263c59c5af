/**
 * Where letters go: a mail server that takes every one and keeps none, but those for `defer@…` and
 * `refuse@…`, and that says nothing at all where the third number of its address is odd. A process
 * of its own, told over IPC when to listen and when not, and asked what came.
 */
import { createServer, type Server, type Socket } from 'node:net'

/** What it is told. */
export type SinkOrder =
  | { readonly type: 'open'; readonly host: string; readonly port: number }
  | { readonly type: 'shut' }
  | { readonly type: 'count' }

/** What it answers to each order. */
export interface SinkCount {
  readonly letters: number
  /** Recipients it was asked for, taken or not. */
  readonly asked: number
  readonly connections: number
  /** The first letter, as it came. */
  readonly first: string
}

let letters = 0
let asked = 0
let connections = 0
let first = ''
let server: Server | undefined
const sockets = new Set<Socket>()

function serve(socket: Socket): void {
  connections++
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
  socket.on('error', () => {})
  if (isSilent(socket.localAddress ?? '')) return
  socket.setEncoding('latin1')
  let buffered = ''
  let inside = false
  let recipients = 0
  socket.on('data', (text: string) => {
    buffered += text
    let said = ''
    for (;;) {
      if (inside) {
        const end = buffered.indexOf('\r\n.\r\n')
        if (end < 0) break
        if (letters++ === 0) first = buffered.slice(0, end + 2)
        buffered = buffered.slice(end + 5)
        inside = false
        said += '250 2.0.0 taken\r\n'
        continue
      }
      const end = buffered.indexOf('\r\n')
      if (end < 0) break
      const line = buffered.slice(0, end)
      const verb = line.slice(0, 4).toUpperCase()
      buffered = buffered.slice(end + 2)
      if (verb === 'EHLO') said += '250-sink.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n'
      else if (verb === 'DATA') said += recipients > 0 ? '354 go on\r\n' : '554 5.5.1 nobody\r\n'
      else if (verb === 'QUIT') said += '221 2.0.0 bye\r\n'
      else if (verb === 'RCPT') {
        asked++
        const answer = answerTo(line)
        if (answer.startsWith('2')) recipients++
        said += answer
      } else said += '250 2.0.0 ok\r\n'
      if (verb === 'MAIL') recipients = 0
      inside = verb === 'DATA' && recipients > 0
      if (verb === 'QUIT') socket.end(said)
      if (verb === 'QUIT') return
    }
    if (said !== '') socket.write(said)
  })
  socket.write('220 sink.example ESMTP\r\n')
}

/** `198.18.1.7` is, `198.18.0.2` is not. */
function isSilent(address: string): boolean {
  return Number(address.split('.')[2]) % 2 === 1
}

function answerTo(rcpt: string): string {
  if (rcpt.includes('<defer@')) return '450 4.7.1 Please try again later\r\n'
  if (rcpt.includes('<refuse@')) return '550 5.1.1 No such user here\r\n'
  return '250 2.1.5 ok\r\n'
}

process.on('message', (order: SinkOrder) => {
  const answer = (): void => {
    const count: SinkCount = { letters, asked, connections, first }
    process.send?.(count)
  }
  switch (order.type) {
    case 'open':
      server = createServer({ noDelay: true }, serve)
      server.listen(order.port, order.host, 4096, answer)
      return
    case 'shut':
      server?.close()
      for (const socket of sockets) socket.destroy()
      answer()
      return
    case 'count':
      answer()
      return
  }
})
