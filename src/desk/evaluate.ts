import { seededRandom } from '../base/random.ts'
import { encodeUtf8 } from '../base/octets.ts'
import { verifyDkim } from '../dkim/dkim.ts'
import { type DmarcInput, evaluateDmarc } from '../dmarc/dmarc.ts'
import type { DnsOverride } from '../dns/dns-override.ts'
import { RecordedResolver } from '../dns/recorded-resolver.ts'
import type { DnsAnswer, RecordData, RecordType, Resolver } from '../dns/resolver.ts'
import { decide } from '../inspect/decide.ts'
import { Inspection } from '../inspect/inspection.ts'
import type { DecisionRules } from '../inspect/rules.ts'
import { tell } from '../journey/catalogue.ts'
import type { StepData } from '../journey/steps.ts'
import type { Sentence } from '../journey/sentence.ts'
import { splitMessage } from '../message/header-reader.ts'
import { routeTo } from '../route/route.ts'
import { routeRules } from '../route/self.ts'
import { checkSpf } from '../spf/spf.ts'

/** Who sends, as an SMTP dialogue would have it. */
export interface Sender {
  readonly ip: string
  readonly helo: string
  /** Empty for `<>`. */
  readonly mailFrom: string
}

/** Something that a mail server decides, asked without any mail. */
export type EvaluationQuestion =
  | ({ readonly question: 'spf' } & Sender)
  /** The message with its header, as text. */
  | { readonly question: 'dkim'; readonly message: string }
  | { readonly question: 'dmarc'; readonly authentication: DmarcInput }
  /** Would this be taken in? */
  | ({
      readonly question: 'accept'
      readonly message: string
      readonly rules: DecisionRules
    } & Sender)
  | { readonly question: 'route'; readonly destination: string }

/** The answer, step by step in the catalogue's words. */
export interface Evaluated {
  readonly steps: readonly Sentence[]
  /** What would have been asked of DNS and was not said, as `NAME TYPE`. */
  readonly missing: readonly string[]
}

/**
 * Answers a question by what is said of DNS, and by nothing else unless `live` is given: then that is
 * asked for all that was not said. Nothing is sent and nothing is kept.
 */
export async function evaluate(
  asked: EvaluationQuestion,
  world: {
    readonly dns: readonly DnsOverride[]
    readonly live: Resolver | undefined
    /** Our own name. */
    readonly receiver: string
    /** Unix seconds. */
    readonly now: number
  },
): Promise<Evaluated> {
  const resolver = new SaidResolver(world.dns, world.live)
  const steps = await answer(asked, { ...world, resolver })
  const sentences = steps.flatMap((step) => tell({ ...step, startedAt: 0, durationMs: 0, dns: [] }))
  return { steps: sentences, missing: resolver.missing }
}

async function answer(
  asked: EvaluationQuestion,
  world: { readonly resolver: Resolver; readonly receiver: string; readonly now: number },
): Promise<readonly StepData[]> {
  const { resolver, receiver, now } = world
  switch (asked.question) {
    case 'spf': {
      const verdict = await checkSpf({ ...asked, receiver, now }, resolver)
      return [{ type: 'spf', ip: asked.ip, verdict }]
    }
    case 'dkim': {
      const verdicts = await verifyDkim(octetsOfLetter(asked.message), { resolver, now })
      return [{ type: 'dkim', verdicts }]
    }
    case 'dmarc':
      return [{ type: 'dmarc', verdict: await evaluateDmarc(asked.authentication, resolver) }]
    case 'accept':
      return await wouldAccept(asked, world)
    case 'route': {
      const self = { selfNames: [], selfAddresses: [] }
      const { destination } = asked
      const seed = 1
      const route = await routeTo(destination, resolver, { ...self, random: seededRandom(seed) })
      return [{ type: 'route', destination, seed, self, rules: routeRules, route }]
    }
  }
}

async function wouldAccept(
  asked: Extract<EvaluationQuestion, { question: 'accept' }>,
  world: { readonly resolver: Resolver; readonly receiver: string; readonly now: number },
): Promise<readonly StepData[]> {
  const { resolver, receiver, now } = world
  const { ip, helo, mailFrom, message, rules } = asked
  const { header, body } = splitMessage(octetsOfLetter(message))
  const one = resolver
  const resolvers = { spf: one, dkim: one, arc: one, dmarc: one, author: one }
  const inspection = new Inspection({ ip, helo, mailFrom, receiver, now }, resolvers)
  inspection.header(header)
  inspection.body(body)
  const evaluation = await inspection.finish()
  const { spf, dkim, arc, dmarc } = evaluation
  return [
    { type: 'spf', ip, verdict: spf },
    { type: 'dkim', verdicts: dkim },
    ...(arc.result === 'none' ? [] : [{ type: 'arc', verdict: arc } as const]),
    { type: 'dmarc', verdict: dmarc },
    { type: 'decision', decision: decide(evaluation, header, rules) },
  ]
}

/** Text becomes octets; lines end as they do in mail. A header without an end gets one. */
function octetsOfLetter(text: string): Uint8Array {
  const lines = text.replace(/\r\n|\r|\n/g, '\r\n')
  return encodeUtf8(lines.includes('\r\n\r\n') ? lines : `${lines}\r\n\r\n`)
}

/** What is said of DNS, and behind it the real one, where that was asked for. */
class SaidResolver implements Resolver {
  readonly #said: RecordedResolver
  readonly #live: Resolver | undefined

  constructor(said: readonly DnsOverride[], live: Resolver | undefined) {
    this.#said = new RecordedResolver([], said)
    this.#live = live
  }

  /** What was asked and nobody could answer. */
  get missing(): readonly string[] {
    if (this.#live !== undefined) return []
    return this.#said.missing.map(({ name, type }) => `${name} ${type}`)
  }

  async resolve<T extends RecordType>(name: string, type: T): Promise<DnsAnswer<RecordData[T]>> {
    const said = await this.#said.resolve(name, type)
    // No fault that can be said has this reason: it was not said.
    const open = said.type === 'failed' && said.reason === 'unreachable'
    return open && this.#live !== undefined ? await this.#live.resolve(name, type) : said
  }
}
