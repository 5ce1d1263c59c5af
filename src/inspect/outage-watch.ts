import {
  type DnsAnswer,
  type DnsOutage,
  dnsOutages,
  isOutage,
  type RecordData,
  type RecordType,
  type Resolver,
} from '../dns/resolver.ts'

/** Sees which questions of an inspection could not be asked at all. */
export class OutageWatch {
  readonly #seen = new Set<DnsOutage>()

  /** What kept us from asking, the one that says most; `undefined` when everything was asked. */
  get outage(): DnsOutage | undefined {
    return dnsOutages.find((one) => this.#seen.has(one))
  }

  /** The same resolver, watched. */
  over(resolver: Resolver): Resolver {
    const note = <T>(answer: DnsAnswer<T>): DnsAnswer<T> => {
      if (answer.type === 'failed' && isOutage(answer.reason)) this.#seen.add(answer.reason)
      return answer
    }
    return {
      resolve: <T extends RecordType>(
        name: string,
        type: T,
        client?: string,
      ): Promise<DnsAnswer<RecordData[T]>> =>
        resolver.resolve(name, type, client).then<DnsAnswer<RecordData[T]>>(note),
    }
  }
}
