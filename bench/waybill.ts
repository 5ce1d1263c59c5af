/** Waybill in a process of its own, started as people start it. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../src/io/clock.ts'
import { openDnsServer } from '../src/io/dns-server.ts'
import { atTheEnd, type Lifetime } from '../test/interop/clean-up.ts'
import { Running, shortFolder } from '../test/interop/processes.ts'
import type { Acceptor } from './accept.ts'
import { senderZone } from './letters.ts'

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

/** Starts it. Options for its Node are in `WAYBILL_BENCH_NODE`: `--cpu-prof`. */
export async function openWaybill(bench: Lifetime): Promise<Acceptor> {
  const folder = await shortFolder(bench)
  const dns = await openDnsServer({
    port: 0,
    clock: systemClock,
    zones: { '': senderZone('127.0.0.1') },
  })
  atTheEnd(bench, () => dns.close())
  const config = join(folder, 'waybill.toml')
  await writeFile(
    config,
    `hostname = "mx.perf.example"\ndomains = ["perf.example"]\ndata = "${folder}/data"\n` +
      `[listen]\naddress = "127.0.0.1"\n[dns]\nservers = ["127.0.0.1:${dns.endpoint.port}"]\n` +
      '[[account]]\naddress = "receiver@perf.example"\n',
  )
  const server = new Running(bench, process.execPath, [
    '--disable-warning=ExperimentalWarning',
    '--conditions=waybill-source',
    ...(process.env['WAYBILL_BENCH_NODE'] ?? '').split(' ').filter((one) => one !== ''),
    main,
    'start',
    '--config',
    config,
    '--ports',
    'auto',
    '--json',
  ])
  const [line] = await server.said(/^\{.*\}$/m)
  const ready: { readonly ports: { readonly smtp: number } } = JSON.parse(line)
  return {
    name: 'Waybill, its record on',
    host: '127.0.0.1',
    port: ready.ports.smtp,
    pids: [server.pid],
    // A letter is filed before it is accepted.
    idle: () => Promise.resolve(),
  }
}
