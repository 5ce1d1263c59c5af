/**
 * The page and the API of a server of one's own over a store in memory, as a process: started with
 * the folder of the page, it says its port, and takes the zones of its DNS.
 */
import { Archives } from '../../desk/archives.ts'
import { MemoryResolver } from '../../dns/memory-resolver.ts'
import type { Resolver } from '../../dns/resolver.ts'
import type { Zone } from '../../dns/zone-table.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import { labAccess } from '../access.ts'
import { HttpServer } from '../http-server.ts'
import { testManagement } from './test-management.ts'

let zone: Zone = {}
process.on('message', (message: { readonly zone: Zone }) => {
  zone = message.zone
})

const resolver: Resolver = { resolve: (name, type) => new MemoryResolver(zone).resolve(name, type) }
const store = openMemoryStore()
const ended = { after: (end: () => void) => void process.once('exit', end) }
let number = 0
const server = await HttpServer.open({
  mode: 'live',
  version: '1.2.3',
  archives: new Archives([{ name: '', reads: store, changes: (query) => store.changes(query) }]),
  access: labAccess,
  management: testManagement(ended, store, resolver),
  now: () => 1_000_000,
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
