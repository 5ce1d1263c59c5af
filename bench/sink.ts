/**
 * Where letters go: a mail server that takes every one and keeps none. A process of its own, told
 * over IPC when to listen and when not, and asked what came.
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
  readonly connections: number
  /** The first letter, as it came. */
  readonly first: string
}

let letters = 0
let connections = 0
let first = ''
let server: Server | undefined
const sockets = new Set<Socket>()

function serve(socket: Socket): void {
  connections++
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
  socket.on('error', () => {})
  socket.setEncoding('latin1')
  let buffered = ''
  let inside = false
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
      const verb = buffered.slice(0, 4).toUpperCase()
      buffered = buffered.slice(end + 2)
      if (verb === 'EHLO') said += '250-sink.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n'
      else if (verb === 'DATA') said += '354 go on\r\n'
      else if (verb === 'QUIT') said += '221 2.0.0 bye\r\n'
      else said += '250 2.0.0 ok\r\n'
      inside = verb === 'DATA'
      if (verb === 'QUIT') socket.end(said)
      if (verb === 'QUIT') return
    }
    if (said !== '') socket.write(said)
  })
  socket.write('220 sink.example ESMTP\r\n')
}

process.on('message', (order: SinkOrder) => {
  const answer = (): void => {
    const count: SinkCount = { letters, connections, first }
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
