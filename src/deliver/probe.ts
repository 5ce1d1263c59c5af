import { formatPath } from '../address/path.ts'
import { seededRandom } from '../base/random.ts'
import { RecordingResolver } from '../dns/recording-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import type { ProbedRecipient, ProbedStep, ProbeStage } from '../journey/probed-step.ts'
import type { Line, SmtpAnswer } from '../journey/spoken.ts'
import type { Route } from '../route/found-route.ts'
import { routeTo } from '../route/route.ts'
import { routeRules } from '../route/self.ts'
import type { RecipientOutcome } from '../smtp/client-types.ts'
import type { Extensions } from '../smtp/ehlo.ts'
import type { ProbeInput, ProbeTools } from './probe-input.ts'
import { type Talked, talkTo } from './probe-talk.ts'
import { answerOf } from './settlements.ts'

/** What came of a probe, with its steps in `log`. */
export interface Probed {
  /** `unreachable`: nobody was there to say anything. `no-route`: DNS says where to, or cannot say. */
  readonly type:
    | 'accepted'
    | 'deferred'
    | 'failed'
    | 'unreachable'
    | 'no-route'
    | 'no-answer-of-dns'
  /** One sentence. */
  readonly because: string
  readonly log: JourneyBuilder
  readonly conversation: readonly Line[]
}

/** Addresses that are dialled before a server counts as unreachable. */
const maxTargets = 6

/**
 * Talks to a server as mail of ours would, as far as it is wanted, and writes down each step. Nothing
 * is kept, and nothing is tried again: the first server that answers decides.
 *
 * Never rejects for anything that DNS or a server does, and ends: every wait has its limit.
 */
export async function probe(input: ProbeInput, tools: ProbeTools, id: string): Promise<Probed> {
  const log = new JourneyBuilder(id, tools.clock)
  const found = await findTargets(input, tools, log)
  if (found.type !== 'targets') {
    const type = found.type === 'temporary' ? 'no-answer-of-dns' : 'no-route'
    return { type, because: found.because, log, conversation: [] }
  }
  let last: Talked | undefined
  for (const target of found.targets.slice(0, maxTargets)) {
    last = await talkTo(target, input, tools, log)
    if (last.type === 'talked') break
  }
  if (last === undefined) throw new Error('probe: a route without targets')
  if (last.type === 'unreachable') {
    return { type: 'unreachable', because: last.because, log, conversation: [] }
  }
  const step = probedStep(last, input)
  log.step(step, last.begin)
  const because = step.result === 'accepted' ? '' : step.problem
  return { type: step.result, because, log, conversation: step.conversation }
}

/** The exchanges of a domain, or the addresses of the one server; told as a route only of a domain. */
async function findTargets(
  { to, families }: ProbeInput,
  { resolver, clock, random }: ProbeTools,
  log: JourneyBuilder,
): Promise<Route> {
  const recorder = new RecordingResolver(resolver, clock)
  const seed = Math.floor(random() * 4_294_967_296)
  // Whoever asks may ask any server, the own one too.
  const self = { selfNames: [], selfAddresses: [], loopbackIsSelf: false }
  const begin = log.begin()
  const options = { ...self, random: seededRandom(seed), families }
  if (to.type === 'mx') {
    const route = await routeTo(to.domain, recorder, options)
    const { domain: destination } = to
    log.step(
      { type: 'route', destination, seed, self, rules: routeRules, route },
      begin,
      recorder.answers,
    )
    return route
  }
  return await routeToServer(to.host, recorder, options)
}

/** The addresses of a host by its own name: its MX would lead elsewhere. */
async function routeToServer(
  host: string,
  resolver: Resolver,
  options: Parameters<typeof routeTo>[2],
): Promise<Route> {
  const addressOnly: Resolver = {
    resolve: (name, type) =>
      type === 'MX'
        ? Promise.resolve({ type: 'noData', ttlSeconds: 0, dnssec: 'insecure' })
        : resolver.resolve(name, type),
  }
  return await routeTo(host, addressOnly, options)
}

/** What was said, as the one step that tells it. */
function probedStep(talked: Talked & { type: 'talked' }, input: ProbeInput): ProbedStep {
  const { target, lines, extensions } = talked
  const common = {
    type: 'probed',
    host: target.host,
    ip: target.address,
    port: input.port,
    asked: input.stage,
    offered: offeredIn(extensions),
    conversation: lines,
  } as const
  const { outcome } = talked
  if (outcome.type === 'failed') {
    const { failure } = outcome
    return {
      ...common,
      result: failure.result,
      answer: answerOf(failure),
      problem: failure.text,
      recipients: [],
    }
  }
  const recipients = outcome.recipients.map((one, index) => recipientOf(one, index, input))
  const worst = ['failed', 'deferred', 'accepted'] as const
  const result = worst.find((word) => recipients.some((one) => one.result === word)) ?? 'accepted'
  const first = recipients.find((one) => one.result === result)
  return { ...common, result, answer: first?.answer, problem: first?.problem ?? '', recipients }
}

function recipientOf(
  outcome: RecipientOutcome,
  index: number,
  { recipients, stage }: ProbeInput,
): ProbedRecipient {
  const path = recipients[index]?.forwardPath
  const recipient = path === undefined ? '' : formatPath(path).slice(1, -1)
  const answer = answeredAt(outcome, stage)
  if (outcome.result === 'accepted') return { recipient, result: 'accepted', answer, problem: '' }
  return { recipient, result: outcome.result, answer, problem: outcome.text }
}

/** A yes that ends a probe early is the answer to the command where it ended. */
function answeredAt(outcome: RecipientOutcome, stage: ProbeStage): SmtpAnswer | undefined {
  const answer = answerOf(outcome)
  const at = { mail: 'MAIL', rcpt: 'RCPT', data: 'DATA', message: 'MESSAGE' }
  const known = stage === 'mail' || stage === 'rcpt' || stage === 'data' || stage === 'message'
  if (answer === undefined || outcome.result !== 'accepted' || !known) return answer
  return { ...answer, atCommand: at[stage] }
}

function offeredIn(extensions: Extensions | undefined): readonly string[] {
  return (extensions?.all ?? []).map(({ keyword, parameters }) => `${keyword} ${parameters}`.trim())
}
