/**
 * Durable accepts on port 25: letters of 6 KB, each signed by its own, SPF, DKIM, DMARC and the
 * record on, 20 connections. The server is a process of its own, started as people start it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../src/io/clock.ts'
import { openDnsServer } from '../src/io/dns-server.ts'
import { senderZone, signedLetterOf } from './letters.ts'

export interface AcceptFigures {
  readonly perSecond: number
  readonly serverCpuMsPerMessage: number
  readonly serverPeakMb: number
  readonly accepted: number
}

const root = fileURLToPath(new URL('..', import.meta.url))

/** Runs the server once and puts `messages` letters through it, `rounds` times. */
export async function benchAccept(input: {
  readonly messages: number
  readonly connections: number
  readonly letterBytes: number
  readonly rounds: number
}): Promise<readonly AcceptFigures[]> {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-bench-'))
  const dns = await openDnsServer({
    port: 0,
    clock: systemClock,
    zones: { '': senderZone('127.0.0.1') },
  })
  const config = join(folder, 'waybill.toml')
  writeFileSync(
    config,
    `hostname = "mx.perf.example"\ndomains = ["perf.example"]\ndata = "${folder}/data"\n` +
      `[listen]\naddress = "127.0.0.1"\n[dns]\nservers = ["127.0.0.1:${dns.endpoint.port}"]\n` +
      '[[account]]\naddress = "receiver@perf.example"\n',
  )
  const letters = join(folder, 'letters')
  writeLetters(letters, { count: Math.min(input.messages, 3000), ...input })
  const server = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--conditions=waybill-source',
      ...(process.env['WAYBILL_BENCH_NODE'] ?? '').split(' ').filter((one) => one !== ''),
      join(root, 'src/cli/main.ts'),
      'start',
      '--config',
      config,
      '--ports',
      'auto',
      '--json',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  try {
    const port = await readyPort(server)
    const figures: AcceptFigures[] = []
    for (let round = 0; round < input.rounds; round++) {
      const cpuBefore = cpuMs(server)
      const result = await load({ port, letters, ...input })
      const cpu = cpuMs(server) - cpuBefore
      figures.push({
        perSecond: result.perSecond,
        accepted: result.accepted,
        serverCpuMsPerMessage: cpu / Math.max(1, result.accepted),
        serverPeakMb: peakMb(server),
      })
      if (result.accepted !== input.messages) {
        throw new Error(`only ${result.accepted} were accepted: ${JSON.stringify(result.refusals)}`)
      }
    }
    return figures
  } finally {
    server.kill('SIGTERM')
    await once(server, 'exit')
    await dns.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function readyPort(server: ChildProcess): Promise<number> {
  if (server.stdout === null) throw new Error('no stdout')
  for await (const line of createInterface({ input: server.stdout })) {
    const ready: { readonly ports: { readonly smtp: number } } = JSON.parse(line)
    return ready.ports.smtp
  }
  throw new Error('the server did not start')
}

interface LoadResult {
  readonly accepted: number
  readonly perSecond: number
  readonly refusals: Record<string, number>
}

async function load(orders: {
  readonly port: number
  readonly connections: number
  readonly messages: number
  readonly letters: string
}): Promise<LoadResult> {
  const child = spawn(process.execPath, [join(root, 'bench/load.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(JSON.stringify(orders))
  let text = ''
  for await (const chunk of child.stdout) text += String(chunk)
  return JSON.parse(text)
}

function writeLetters(
  path: string,
  input: { readonly count: number; readonly letterBytes: number },
): void {
  const parts: Buffer[] = []
  for (let serial = 0; serial < input.count; serial++) {
    const letter = Buffer.concat([signedLetterOf(input.letterBytes, serial), Buffer.from('.\r\n')])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(letter.length)
    parts.push(length, letter)
  }
  writeFileSync(path, Buffer.concat(parts))
}

/** User and system time of the process so far, in milliseconds (Linux; 0 elsewhere). */
function cpuMs(server: ChildProcess): number {
  try {
    const stat = readFileSync(`/proc/${server.pid ?? 0}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10
  } catch {
    return 0
  }
}

function peakMb(server: ChildProcess): number {
  try {
    const status = readFileSync(`/proc/${server.pid ?? 0}/status`, 'latin1')
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
  } catch {
    return 0
  }
}
