/**
 * The page and the API of a server of one's own over a store in memory, as a process: started with
 * the folder of the page, it says its port, and takes the zones of its DNS, and suppressed addresses.
 */
import { Archives } from '../../desk/archives.ts'
import { MemoryResolver } from '../../dns/memory-resolver.ts'
import type { Resolver } from '../../dns/resolver.ts'
import type { Zone } from '../../dns/zone-table.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import type { Suppression } from '../../suppression/suppression.ts'
import { labAccess } from '../access.ts'
import { HttpServer } from '../http-server.ts'
import { testManagement } from './test-management.ts'
import { testSuppressions } from './test-suppressions.ts'

let zone: Zone = {}

const resolver: Resolver = { resolve: (name, type) => new MemoryResolver(zone).resolve(name, type) }
const store = openMemoryStore()
const ended = { after: (end: () => void) => void process.once('exit', end) }
const now = (): number => 1_000_000
const suppressions = testSuppressions(store, now)
process.on(
  'message',
  ({
    zone: next,
    suppress,
  }: {
    readonly zone?: Zone
    readonly suppress?: readonly Suppression[]
  }) => {
    if (next !== undefined) zone = next
    if (suppress === undefined) return
    void suppressions.desk.suppressions.list.put(suppress).then(() => process.send?.('suppressed'))
  },
)
let number = 0
const server = await HttpServer.open({
  mode: 'live',
  version: '1.2.3',
  archives: new Archives([{ name: '', reads: store, changes: (query) => store.changes(query) }]),
  access: labAccess,
  management: testManagement(ended, store, resolver),
  suppressions,
  now,
  newId: () => `request${++number}`,
  report(fault) {
    throw fault
  },
  address: '127.0.0.1',
  port: 0,
  page: process.argv[2] ?? '',
})
process.once('disconnect', () => process.exit())
process.send?.({ port: server.port })
