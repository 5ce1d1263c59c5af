import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

/** The launcher, as people call it. */
const launcher = fileURLToPath(new URL('../../../waybill', import.meta.url))

/** What a command did. */
export interface Ran {
  readonly code: number | null
  readonly out: string
  /** What it said to the person, on standard error. */
  readonly said: string
}

/** Runs `./waybill` to its end. */
export async function waybill(
  args: readonly string[],
  options: { readonly input?: string; readonly cwd?: string } = {},
): Promise<Ran> {
  const child = spawn(launcher, args, { cwd: options.cwd, stdio: ['pipe', 'pipe', 'pipe'] })
  let out = ''
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stdin.end(options.input ?? '')
  await once(child, 'close')
  return { code: child.exitCode, out, said }
}

/** The lines of JSON that a command printed. */
export function jsonLines({ out }: Ran): readonly unknown[] {
  const lines = out.split('\n').filter((line) => line !== '')
  return lines.map((line): unknown => JSON.parse(line))
}

export interface StartedServer {
  readonly child: ChildProcess
  readonly ports: Readonly<Record<string, number>>
  /** What it has said to the person so far. */
  readonly said: () => string
  /** Sends a signal and waits for the end; gives the exit code, or the signal's name. */
  readonly stop: (signal: NodeJS.Signals) => Promise<number | NodeJS.Signals | null>
  /** The most memory it has had so far, in MiB, as the kernel counts. */
  readonly peakMemory: () => number
}

/** Starts `./waybill start … --json` and waits for its first line. Killed after the test. */
export async function startServer(
  t: TestContext,
  args: readonly string[],
  command: { readonly file: string; readonly args: readonly string[] } = {
    file: launcher,
    args: [],
  },
): Promise<StartedServer> {
  const child = spawn(command.file, [...command.args, 'start', ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const closed = once(child, 'close')
  const first = createInterface({ input: child.stdout })
  const [line] = await Promise.race([
    once(first, 'line'),
    closed.then(([code]) => {
      throw new Error(`the server ended with ${String(code)}: ${said}`)
    }),
  ])
  const ready: unknown = JSON.parse(String(line))
  return {
    child,
    ports: portsIn(ready),
    said: () => said,
    async stop(signal) {
      child.kill(signal)
      await closed
      return child.exitCode ?? child.signalCode
    },
    peakMemory() {
      const status = readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8')
      return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024
    },
  }
}

function portsIn(ready: unknown): Readonly<Record<string, number>> {
  const wrong = new Error(`not a ready line: ${JSON.stringify(ready)}`)
  if (typeof ready !== 'object' || ready === null || !('ports' in ready)) throw wrong
  const { ports } = ready
  if (typeof ports !== 'object' || ports === null) throw wrong
  return Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, Number(port)]))
}

/** Writes a `waybill.toml` for south.example on loopback. Gives its path. */
export function writeConfig(
  folder: string,
  options: {
    readonly dnsPort: number
    readonly data?: string
    readonly more?: string
    /** Session threads; one is none. Not as many as the machine has cores unless a test says so. */
    readonly threads?: number
  },
): string {
  const { dnsPort, data = join(folder, 'data'), more = '', threads = 1 } = options
  const path = join(folder, 'waybill.toml')
  const text = [
    'hostname = "mx.south.example"',
    'domains = ["south.example"]',
    `data = ${JSON.stringify(data)}`,
    '[listen]',
    'address = "127.0.0.1"',
    '[dns]',
    `servers = ["127.0.0.1:${dnsPort}"]`,
    '[limits]',
    `threads = ${threads}`,
    '[[account]]',
    'address = "receiver@south.example"',
    more,
    '',
  ]
  writeFileSync(path, text.join('\n'))
  return path
}
