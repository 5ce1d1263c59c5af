import type { DnsOverride } from '../dns/dns-override.ts'
import { RecordedResolver } from '../dns/recorded-resolver.ts'
import { type RecordedAnswer, RecordingResolver } from '../dns/recording-resolver.ts'
import type { DnsAnswer, RecordData, RecordType, Resolver } from '../dns/resolver.ts'

/** Answers from what was recorded and what is said instead, and keeps what it answered. */
export class ReplayResolver implements Resolver {
  readonly #known: RecordedResolver
  readonly #asked: RecordingResolver

  constructor(
    recording: readonly RecordedAnswer[],
    { dns }: { readonly dns: readonly DnsOverride[] },
  ) {
    this.#known = new RecordedResolver(recording, dns)
    this.#asked = new RecordingResolver(this.#known)
  }

  resolve<T extends RecordType>(name: string, type: T): Promise<DnsAnswer<RecordData[T]>> {
    return this.#asked.resolve(name, type)
  }

  /** Whether a question has come to this override. */
  reached(override: DnsOverride): boolean {
    return this.#known.reached(override)
  }

  /** What was asked and is not known, as `NAME TYPE`. */
  get missing(): readonly string[] {
    return this.#known.missing.map(({ name, type }) => `${name} ${type}`)
  }

  /** What was asked and is known. */
  get answers(): readonly RecordedAnswer[] {
    const missing = new Set(this.missing)
    return this.#asked.answers.filter(({ name, type }) => !missing.has(`${name} ${type}`))
  }
}
