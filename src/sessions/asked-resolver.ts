import type { DnsAnswer, RecordData, RecordType, Resolver } from '../dns/resolver.ts'
import type { Calls } from './calls.ts'
import type { OfMain } from './questions.ts'

/** A resolver on a session thread: the main thread asks, and keeps the places for questions. */
export function askedResolver(main: Pick<Calls<OfMain>, 'ask'>): Resolver {
  return {
    resolve<T extends RecordType>(
      name: string,
      type: T,
      client?: string,
    ): Promise<DnsAnswer<RecordData[T]>> {
      const answer: Promise<unknown> = main.ask('resolve', { name, type, client })
      // What is asked for says of what kind the records are.
      return answer as Promise<DnsAnswer<RecordData[T]>>
    },
  }
}
