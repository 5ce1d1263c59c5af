import type {
  DnsAnswer,
  DnsFailure,
  DnssecState,
  MxRecord,
  RecordData,
  Resolver,
} from '../dns/resolver.ts'

/** A DNS question of a route with its answer, short: what the journey shows. */
export interface Question {
  readonly name: string
  readonly type: 'MX' | 'A' | 'AAAA'
  readonly answer: ShortAnswer
}

export type ShortAnswer =
  | {
      readonly type: 'found'
      /** As in a zone file (`10 mx.example`, `.` for the root), at most 50. */
      readonly records: readonly string[]
      /** How many more there were. */
      readonly more: number
      readonly ttlSeconds: number
      readonly dnssec: DnssecState
      /** The names that the question was led to; empty without a CNAME. */
      readonly aliases: readonly string[]
    }
  | {
      readonly type: 'noName' | 'noData'
      readonly ttlSeconds: number
      readonly dnssec: DnssecState
      readonly aliases: readonly string[]
    }
  | { readonly type: 'failed'; readonly reason: DnsFailure }

const maxRecordsShown = 50

/** Asks, and keeps what was asked and answered, in the order of asking. */
export class QuestionList {
  readonly #resolver: Resolver
  readonly #asked: (Question | undefined)[] = []

  constructor(resolver: Resolver) {
    this.#resolver = resolver
  }

  get questions(): readonly Question[] {
    return this.#asked.filter((question) => question !== undefined)
  }

  async ask<T extends 'MX' | 'A' | 'AAAA'>(
    name: string,
    type: T,
  ): Promise<DnsAnswer<RecordData[T]>> {
    const place = this.#asked.push(undefined) - 1
    const answer = await this.#resolver.resolve(name, type)
    this.#asked[place] = { name, type, answer: shorten(answer) }
    return answer
  }
}

function shorten(answer: DnsAnswer<string | MxRecord>): ShortAnswer {
  switch (answer.type) {
    case 'failed':
      return { type: 'failed', reason: answer.reason }
    case 'noName':
    case 'noData':
      return {
        type: answer.type,
        ttlSeconds: answer.ttlSeconds,
        dnssec: answer.dnssec,
        aliases: answer.aliases ?? [],
      }
    case 'found':
      return {
        type: 'found',
        records: answer.records.slice(0, maxRecordsShown).map(zoneText),
        more: Math.max(0, answer.records.length - maxRecordsShown),
        ttlSeconds: answer.ttlSeconds,
        dnssec: answer.dnssec,
        aliases: answer.aliases ?? [],
      }
  }
}

function zoneText(record: string | MxRecord): string {
  if (typeof record === 'string') return record
  return `${record.preference} ${record.exchange === '' ? '.' : record.exchange}`
}
