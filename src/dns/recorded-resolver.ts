import { WaybillError } from '../base/error.ts'
import { type DnsOverride, compileOverrides } from './dns-override.ts'
import { MemoryResolver } from './memory-resolver.ts'
import type { RecordedAnswer } from './recording-resolver.ts'
import { maxAliases, normalizeName } from './resolver.ts'
import type { DnsAnswer, RecordData, RecordType, Resolver } from './resolver.ts'
import type { ZoneTable } from './zone-table.ts'

export interface Question {
  readonly name: string
  readonly type: RecordType
}

/**
 * Answers from a recording, and from nothing else: a replay needs no network.
 *
 * What was not recorded is answered `failed`, `unreachable`, and listed in `missing`: an evaluator
 * that asks something new has changed, or its input has. Overrides go before the recording, also for
 * names that a recorded answer passed through as aliases.
 *
 * @throws WaybillError `usage` for an override that `parseDnsOverride` would not have given
 */
export class RecordedResolver implements Resolver {
  readonly #answers = new Map<string, DnsAnswer<unknown>>()
  readonly #overrides: ZoneTable
  readonly #overriding: MemoryResolver
  readonly #missing = new Map<string, Question>()
  readonly #reached = new Set<string>()

  constructor(recording: readonly RecordedAnswer[], overrides: readonly DnsOverride[] = []) {
    for (const { name, type, answer } of recording) {
      const key = keyOf(normalizeName(name), type)
      if (!this.#answers.has(key)) this.#answers.set(key, answer)
    }
    const table = compileOverrides(overrides)
    if (!table.ok) throw new WaybillError('usage', table.problem)
    this.#overrides = table.value
    this.#overriding = new MemoryResolver(table.value)
  }

  /** Questions that the recording has no answer to, in the order in which they were first asked. */
  get missing(): readonly Question[] {
    return [...this.#missing.values()]
  }

  /** Whether a question has come to this override; otherwise it changed nothing. */
  reached({ name, type }: DnsOverride): boolean {
    return this.#reached.has(keyOf(normalizeName(name), type))
  }

  async resolve<T extends RecordType>(name: string, type: T): Promise<DnsAnswer<RecordData[T]>> {
    let at = normalizeName(name)
    let aliases: readonly string[] = []
    for (let steps = 0; steps <= maxAliases; steps++) {
      const replaced = this.#overrideAt(at, type)
      if (replaced === 'alias') {
        const target = await this.#overriding.resolve(at, 'CNAME')
        if (target.type !== 'found') return led(target, aliases)
        at = target.records[0] ?? at
        aliases = [...aliases, at]
        continue
      }
      if (replaced === 'here') {
        const said = await this.#overriding.resolve(at, type)
        return led(this.#asProvedAs(at, said, type), aliases)
      }
      const recorded = this.#recorded(at, type)
      const through = recorded.type === 'failed' ? [] : (recorded.aliases ?? [])
      const turn = through.findIndex((alias) => this.#overrideAt(alias, type) !== undefined)
      if (turn < 0) return led(recorded, aliases)
      aliases = [...aliases, ...through.slice(0, turn + 1)]
      at = through[turn] ?? at
    }
    return { type: 'failed', reason: 'servfail' }
  }

  #overrideAt(name: string, type: RecordType): 'here' | 'alias' | undefined {
    const found = this.#overrides.get(name)
    if (found === undefined) return undefined
    if (found.type === 'error') {
      this.#reached.add(keyOf(name, '*'))
      return 'here'
    }
    if (type in found.records) {
      this.#reached.add(keyOf(name, type))
      return 'here'
    }
    if (!('CNAME' in found.records)) return undefined
    this.#reached.add(keyOf(name, 'CNAME'))
    return 'alias'
  }

  /** What is said instead stands in the same zone: it is proved where the recorded answer was. */
  #asProvedAs<T extends RecordType>(
    name: string,
    said: DnsAnswer<RecordData[T]>,
    type: T,
  ): DnsAnswer<RecordData[T]> {
    const answer = this.#answers.get(keyOf(name, type))
    if (said.type === 'failed' || answer === undefined || answer.type === 'failed') return said
    return { ...said, dnssec: answer.dnssec }
  }

  #recorded<T extends RecordType>(name: string, type: T): DnsAnswer<RecordData[T]> {
    const key = keyOf(name, type)
    const answer = this.#answers.get(key)
    // A `RecordedAnswer` pairs each type with an answer of that type, and the key holds the type.
    if (answer !== undefined) return answer as DnsAnswer<RecordData[T]>
    if (!this.#missing.has(key)) this.#missing.set(key, { name, type })
    return { type: 'failed', reason: 'unreachable' }
  }
}

/** The answer as seen by who asked for a name that led to `aliases` first. */
function led<T>(answer: DnsAnswer<T>, aliases: readonly string[]): DnsAnswer<T> {
  if (aliases.length === 0 || answer.type === 'failed') return answer
  return { ...answer, aliases: [...aliases, ...(answer.aliases ?? [])] }
}

function keyOf(name: string, type: string): string {
  return `${type} ${name}`
}
