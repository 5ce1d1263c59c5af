/**
 * The door `waybill/testing`: answers to DNS questions without a network, for the tests of whoever
 * uses the evaluators.
 */
export { MemoryResolver, type MemoryResolverOptions } from './memory-resolver.ts'
export type { Zone, ZoneError, ZoneName } from './zone-table.ts'
export type { DnsAnswer, RecordData, RecordType, Resolver } from './resolver.ts'
