import { hostname } from 'node:os'
import { MemoryResolver } from '../../dns/memory-resolver.ts'
import type { Resolver } from '../../dns/resolver.ts'
import type { ZoneTable } from '../../dns/zone-table.ts'
import type { EvidenceSources } from '../../inspect/verify-answer.ts'
import { systemClock } from '../../io/clock.ts'
import type { DnsEndpoint } from '../../io/stub-options.ts'
import { DeadlineResolver, serverResolver, SystemResolver } from '../resolver.ts'

/** What a world is made of; plain data, so that each thread can make its own. */
export interface EvidenceSetup {
  /** For what brings no DNS of its own; the machine's DNS when there is none. */
  readonly zone: ZoneTable | undefined
  /** A DNS server to ask where there is no zone. */
  readonly server?: DnsEndpoint | undefined
  readonly receiver: string
}

/** The time that one evaluation may wait for DNS. RFC 7208 §4.6.4 allows no less than 20 seconds. */
const dnsTimeMs = 30_000

export function openEvidence({ zone, server, receiver }: EvidenceSetup): EvidenceSources {
  return {
    resolver: zone === undefined ? networkDns(server) : memoryDns(zone),
    receiver,
    now: () => Math.floor(systemClock.now() / 1000),
  }
}

/** The name under which results are told when none is given. */
export function ownName(): string {
  return hostname() === '' ? 'localhost' : hostname()
}

function memoryDns(zone: ZoneTable): () => Resolver {
  const resolver = new MemoryResolver(zone)
  return () => resolver
}

function networkDns(server: DnsEndpoint | undefined): () => Resolver {
  const resolver = server === undefined ? new SystemResolver() : serverResolver(server)
  return () => new DeadlineResolver(resolver, systemClock, dnsTimeMs)
}
