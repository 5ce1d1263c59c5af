import { isOutage, normalizeName } from './resolver.ts'
import type { DnsAnswer, RecordData, RecordType, Resolver } from './resolver.ts'

export interface CacheOptions {
  /** Milliseconds of a clock that does not go back; any start will do. */
  readonly now: () => number
  /** Answers kept at most; 20,000 when not given. */
  readonly maxEntries?: number
  /** What all kept answers may take together, by estimate; 32 MiB when not given. */
  readonly maxBytes?: number
  /** Answers with a shorter TTL are kept this long; 0 when not given. */
  readonly minTtlSeconds?: number
  /** A day when not given. */
  readonly maxTtlSeconds?: number
  /** For "no such name" and "no such record"; 3 hours when not given (RFC 2308 §5). */
  readonly maxNegativeTtlSeconds?: number
  /**
   * For what was asked in vain; 5 when not given, at most 300 (RFC 9520 §3.2). What could not be asked
   * at all is not kept: a resolver that answers again is believed at once.
   */
  readonly failureTtlSeconds?: number
}

export interface CacheStatistics {
  /** Questions answered from what was kept. */
  readonly hits: number
  /** Questions that joined one already under way. */
  readonly joined: number
  /** Questions that were passed on. */
  readonly misses: number
  readonly entries: number
  readonly bytes: number
}

interface Asked<T extends RecordType> {
  readonly name: string
  readonly type: T
  readonly client: string | undefined
}

/** The map holds entries of all types; its key names the type. */
interface Entry {
  readonly answer: DnsAnswer<unknown>
  readonly expiresAtMs: number
  readonly bytes: number
}

/**
 * Keeps answers for as long as their TTL says, and asks each question once at a time.
 *
 * Negative answers are kept too (RFC 2308), failures for a few seconds (RFC 9520): a name whose
 * servers are dead is not asked again for every letter. What was used longest ago goes first when
 * there is no more room. An answer from here carries the seconds that remain.
 */
export class CachingResolver implements Resolver {
  readonly #inner: Resolver
  readonly #now: () => number
  readonly #limits: Required<Omit<CacheOptions, 'now'>>
  /** In the order of use, the longest unused first. */
  readonly #entries = new Map<string, Entry>()
  readonly #underWay = new Map<string, Promise<DnsAnswer<unknown>>>()
  #bytes = 0
  #hits = 0
  #joined = 0
  #misses = 0

  constructor(inner: Resolver, options: CacheOptions) {
    this.#inner = inner
    this.#now = options.now
    this.#limits = {
      maxEntries: options.maxEntries ?? 20_000,
      maxBytes: options.maxBytes ?? 32 * 1024 * 1024,
      minTtlSeconds: options.minTtlSeconds ?? 0,
      maxTtlSeconds: options.maxTtlSeconds ?? 86_400,
      maxNegativeTtlSeconds: options.maxNegativeTtlSeconds ?? 10_800,
      failureTtlSeconds: Math.min(options.failureTtlSeconds ?? 5, 300),
    }
  }

  resolve<T extends RecordType>(
    name: string,
    type: T,
    client?: string,
  ): Promise<DnsAnswer<RecordData[T]>> {
    const asked = normalizeName(name)
    const key = `${type} ${asked}`
    const kept = this.#lookUp(key)
    // Both maps are keyed by the type, and only this function fills them, with answers of that type.
    if (kept !== undefined) return Promise.resolve(kept as DnsAnswer<RecordData[T]>)
    const underWay = this.#underWay.get(key)
    if (underWay !== undefined) {
      this.#joined++
      const answer = underWay as Promise<DnsAnswer<RecordData[T]>>
      return this.#join(answer, { key, name: asked, type, client })
    }
    this.#misses++
    return this.#start({ key, name: asked, type, client })
  }

  get statistics(): CacheStatistics {
    return {
      hits: this.#hits,
      joined: this.#joined,
      misses: this.#misses,
      entries: this.#entries.size,
      bytes: this.#bytes,
    }
  }

  /** Forgets everything that is kept. Questions under way still get their answers. */
  clear(): void {
    this.#entries.clear()
    this.#bytes = 0
  }

  #start<T extends RecordType>(
    question: Asked<T> & { readonly key: string },
  ): Promise<DnsAnswer<RecordData[T]>> {
    const answer = this.#ask(question)
    this.#underWay.set(question.key, answer)
    return answer
  }

  /** The one who asked first may have had no place where there is one for us. */
  async #join<T extends RecordType>(
    underWay: Promise<DnsAnswer<RecordData[T]>>,
    question: Asked<T> & { readonly key: string },
  ): Promise<DnsAnswer<RecordData[T]>> {
    const answer = await underWay
    if (!hadNoPlace(answer)) return answer
    const other = this.#underWay.get(question.key) as typeof underWay | undefined
    if (other === undefined) return await this.#start(question)
    const second = await other
    const { name, type, client } = question
    return hadNoPlace(second) ? await this.#inner.resolve(name, type, client) : second
  }

  async #ask<T extends RecordType>({
    key,
    name,
    type,
    client,
  }: Asked<T> & { readonly key: string }): Promise<DnsAnswer<RecordData[T]>> {
    try {
      const answer = await this.#inner.resolve(name, type, client)
      this.#keep(key, answer)
      return answer
    } finally {
      this.#underWay.delete(key)
    }
  }

  #lookUp(key: string): DnsAnswer<unknown> | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#remove(key, entry)
    const remainingMs = entry.expiresAtMs - this.#now()
    if (remainingMs <= 0) return undefined
    this.#add(key, entry)
    this.#hits++
    if (entry.answer.type === 'failed') return entry.answer
    return { ...entry.answer, ttlSeconds: Math.ceil(remainingMs / 1000) }
  }

  #keep(key: string, answer: DnsAnswer<unknown>): void {
    const ttlSeconds = this.#ttlOf(answer)
    const bytes = key.length + sizeOf(answer)
    if (ttlSeconds <= 0 || bytes > this.#limits.maxBytes) return
    const before = this.#entries.get(key)
    if (before !== undefined) this.#remove(key, before)
    this.#add(key, { answer, bytes, expiresAtMs: this.#now() + ttlSeconds * 1000 })
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= this.#limits.maxEntries && this.#bytes <= this.#limits.maxBytes)
        break
      this.#remove(oldest, entry)
    }
  }

  #ttlOf(answer: DnsAnswer<unknown>): number {
    const { minTtlSeconds, maxTtlSeconds, maxNegativeTtlSeconds, failureTtlSeconds } = this.#limits
    switch (answer.type) {
      case 'found':
        return Math.min(Math.max(answer.ttlSeconds, minTtlSeconds), maxTtlSeconds)
      case 'noName':
      case 'noData':
        return Math.min(Math.max(answer.ttlSeconds, minTtlSeconds), maxNegativeTtlSeconds)
      case 'failed':
        return isOutage(answer.reason) ? 0 : failureTtlSeconds
    }
  }

  #add(key: string, entry: Entry): void {
    this.#entries.set(key, entry)
    this.#bytes += entry.bytes
  }

  #remove(key: string, entry: Entry): void {
    this.#entries.delete(key)
    this.#bytes -= entry.bytes
  }
}

function hadNoPlace(answer: DnsAnswer<unknown>): boolean {
  return answer.type === 'failed' && answer.reason === 'no-place'
}

/** An estimate of the memory that an answer takes: its text, and a sum for each object. */
function sizeOf(answer: DnsAnswer<unknown>): number {
  if (answer.type === 'failed') return 200
  let bytes = 300
  for (const alias of answer.aliases ?? []) bytes += 50 + alias.length
  if (answer.type !== 'found') return bytes
  for (const record of answer.records) bytes += 50 + textLength(record)
  return bytes
}

function textLength(record: unknown): number {
  if (typeof record === 'string') return record.length
  if (typeof record !== 'object' || record === null) return 0
  let length = 0
  for (const value of Object.values(record)) if (typeof value === 'string') length += value.length
  return length
}
