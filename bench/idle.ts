/**
 * Connections that say EHLO and then nothing: what each keeps in the memory of a server that has
 * worked before. The room in which Node makes new objects has its full size then: it is the server's,
 * however many connections there are.
 */
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { shortFolder } from '../test/interop/processes.ts'
import { withCleanUp } from './clean-up.ts'
import { signedLetterOf } from './letters.ts'
import { load, writeLetters } from './measured.ts'
import { memoryMbOf } from './processes.ts'
import { openWaybill } from './waybill.ts'

const wanted = 10_000
const together = 100
/** Letters that it takes before. */
const before = 4000

/** Prints kilobytes a connection, in clear text and with TLS, each over so many servers. */
export async function benchIdle(rounds: number): Promise<void> {
  for (const kind of ['smtp', 'submissions'] as const) {
    const kilobytes: number[] = []
    for (let round = 0; round < Math.min(rounds, 3); round++) kilobytes.push(await oneServer(kind))
    const shown = kilobytes.map((one) => one.toFixed(1)).join(', ')
    const how = kind === 'smtp' ? 'in clear text' : 'with TLS'
    console.log(`idle: ${wanted} connections ${how}: ${shown} KB each, a server a figure`)
  }
  console.log('')
}

async function oneServer(kind: 'smtp' | 'submissions'): Promise<number> {
  return withCleanUp(async (bench) => {
    const server = await openWaybill(bench)
    const port = server.ports[kind]
    const open = (): Socket =>
      kind === 'smtp'
        ? connect({ host: server.host, port })
        : connectTls({ host: server.host, port, rejectUnauthorized: false })
    const sockets: Socket[] = []
    bench.after(() => {
      for (const socket of sockets) socket.destroy()
    })
    const letters = join(await shortFolder(bench), 'letters')
    writeLetters(letters, freshLetters())
    const envelope = { from: 'sender@sender.example', to: ['receiver@perf.example'] }
    const where = { host: server.host, port: server.ports.smtp }
    await load({ ...where, ...envelope, connections: 20, messages: before, letters })
    // What the first ones make the program load is not theirs.
    await Promise.all(Array.from({ length: together }, () => greet(open(), sockets)))
    await wait(3000)
    const empty = memoryMbOf(server.pids)
    for (let done = 0; done < wanted; done += together) {
      await Promise.all(Array.from({ length: together }, () => greet(open(), sockets)))
    }
    await wait(5000)
    return ((memoryMbOf(server.pids) - empty) * 1024) / wanted
  })
}

function* freshLetters(): Generator<Uint8Array> {
  const now = Math.floor(Date.now() / 1000)
  for (let n = 0; n < before; n++) yield signedLetterOf(6000, n, now)
}

/** Resolves when EHLO was answered. */
function greet(socket: Socket, sockets: Socket[]): Promise<void> {
  sockets.push(socket)
  return new Promise((resolve, reject) => {
    let said = ''
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      said += text
      if (/^220 .*\r\n$/m.test(said) && !said.includes('\r\n250')) {
        if (/^220 [^\r\n]*\r\n$/.test(said)) socket.write('EHLO client.sender.example\r\n')
      }
      if (/^250 [^\r\n]*\r\n$/m.test(said)) resolve()
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`idle: the server hung up: ${said}`)))
  })
}
