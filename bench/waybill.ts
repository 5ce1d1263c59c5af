/** Waybill in a process of its own, started as people start it. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Zone } from '../src/dns/zone-table.ts'
import { systemClock } from '../src/io/clock.ts'
import { openDnsServer } from '../src/io/dns-server.ts'
import { hashPassword } from '../src/io/password.ts'
import { atTheEnd, type Lifetime } from '../test/interop/clean-up.ts'
import { run, Running, shortFolder } from '../test/interop/processes.ts'
import type { Acceptor } from './measured.ts'
import { senderZone } from './letters.ts'

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const node = ['--disable-warning=ExperimentalWarning', '--conditions=waybill-source']

/** The one who has a login. */
export const user = { address: 'sender@perf.example', password: 'correct horse' } as const

export interface WaybillOptions {
  /** Further names of the DNS that it asks. */
  readonly zone?: Zone
  /** Further tables of `waybill.toml`. */
  readonly settings?: string
  /** Its recorder keeps nothing: see `unrecorded.ts`. */
  readonly unrecorded?: boolean
}

export interface BenchedWaybill extends Acceptor {
  readonly ports: { readonly smtp: number; readonly submissions: number; readonly http: number }
  /** Its data folder. */
  readonly folder: string
  /** Runs a command of its own program on its configuration; gives what that prints. */
  command(...args: readonly string[]): Promise<string>
}

/** Starts it. Options for its Node are in `WAYBILL_BENCH_NODE`: `--cpu-prof`. */
export async function openWaybill(
  bench: Lifetime,
  { zone = {}, settings = '', unrecorded = false }: WaybillOptions = {},
): Promise<BenchedWaybill> {
  const folder = await shortFolder(bench)
  const dns = await openDnsServer({
    port: 0,
    clock: systemClock,
    zones: { '': { ...senderZone('127.0.0.1'), ...zone } },
  })
  atTheEnd(bench, () => dns.close())
  const config = join(folder, 'waybill.toml')
  await writeFile(
    config,
    `hostname = "mx.perf.example"
domains = ["perf.example"]
data = "${folder}/data"
[listen]
address = "127.0.0.1"
[dns]
servers = ["127.0.0.1:${dns.endpoint.port}"]
# One client stands for many, and one account for a house of them.
[account_rate]
hold = false
[limits]
connections = 20000
exempt = ["127.0.0.0/8"]
[[account]]
address = "receiver@perf.example"
[[account]]
address = "${user.address}"
password_hash = "${await hashPassword(user.password)}"
${settings}`,
  )
  const given = (process.env['WAYBILL_BENCH_NODE'] ?? '').split(' ').filter((one) => one !== '')
  const recorder = unrecorded ? ['--import', new URL('unrecorded.ts', import.meta.url).href] : []
  const start = ['start', '--config', config, '--ports', 'auto', '--json']
  const server = new Running(bench, process.execPath, [
    ...node,
    ...recorder,
    ...given,
    main,
    ...start,
  ])
  const [line] = await server.said(/^\{.*\}$/m)
  const ready: { readonly ports: BenchedWaybill['ports'] } = JSON.parse(line)
  return {
    name: `Waybill, its record ${unrecorded ? 'off' : 'on'}`,
    host: '127.0.0.1',
    port: ready.ports.smtp,
    ports: ready.ports,
    folder: join(folder, 'data'),
    pids: [server.pid],
    // A letter is filed before it is accepted.
    idle: () => Promise.resolve(),
    async command(...args) {
      const done = await run(process.execPath, [...node, main, ...args, '--config', config])
      if (done.code !== 0)
        throw new Error(`waybill ${args.join(' ')}: ${done.stdout}${done.stderr}`)
      return done.stdout
    },
  }
}
