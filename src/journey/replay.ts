import { type DnsOverride } from '../dns/dns-override.ts'
import { RecordedResolver } from '../dns/recorded-resolver.ts'
import type { RecordedAnswer } from '../dns/recording-resolver.ts'
import { seededRandom } from '../base/random.ts'
import { decide } from '../inspect/decide.ts'
import { Inspection } from '../inspect/inspection.ts'
import { checkIprev } from '../inspect/iprev.ts'
import { HeaderReader, type MessageHeader } from '../message/header-reader.ts'
import { routeTo } from '../route/route.ts'
import { answersOf, type Facts } from './facts.ts'
import type { JourneyRecord, Step, StepData } from './record.ts'

/** What to change before the replay; nothing of it is written back. */
export interface ReplayChanges {
  readonly dns: readonly DnsOverride[]
  readonly ip?: string
  readonly helo?: string
  readonly mailFrom?: string
  /** Unix seconds. */
  readonly now?: number
}

/** One step then and now. */
export interface ReplayedStep {
  readonly type: (typeof verdictTypes)[number] | 'route'
  readonly recorded: Step
  readonly now: StepData
  /** Bit for bit the same verdict, evidence included. */
  readonly same: boolean
}

export type Replay =
  | {
      readonly type: 'replayed'
      readonly steps: readonly ReplayedStep[]
      /** The first step that differs, by its type. */
      readonly firstDifference: string | undefined
      /** Questions that the record has no answer to: only changes can bring these up. */
      readonly missing: readonly string[]
    }
  | { readonly type: 'impossible'; readonly because: string }

/**
 * Derives every verdict of a journey again, from the record alone: message, connection facts, DNS
 * answers, clock and rules. Without changes each step must come out the same, bit for bit.
 */
export async function replayJourney(
  record: JourneyRecord,
  facts: Facts,
  original: AsyncIterable<Uint8Array> | undefined,
  changes: ReplayChanges = { dns: [] },
): Promise<Replay> {
  const routes = await replayRoutes(record, facts, changes)
  const inbound = record.steps.some((step) => step.type === 'spf')
  if (!inbound) {
    if (routes.steps.length === 0) return impossible(record)
    return finish(routes.steps, routes.missing)
  }
  const { replay } = record
  if (replay === undefined || original === undefined) {
    return { type: 'impossible', because: 'The octets of this message are not kept any more.' }
  }
  const verdicts = await replayVerdicts(record, { facts, original, changes })
  return finish([...verdicts.steps, ...routes.steps], [...verdicts.missing, ...routes.missing])
}

function impossible(record: JourneyRecord): Replay {
  const { status } = record.outcome
  return {
    type: 'impossible',
    because: `Nothing was decided in this journey that could be decided again (it is ${status}).`,
  }
}

function finish(steps: readonly ReplayedStep[], missing: readonly string[]): Replay {
  const firstDifference = steps.find(({ same }) => !same)?.type
  return { type: 'replayed', steps, firstDifference, missing }
}

type Partly = { readonly steps: readonly ReplayedStep[]; readonly missing: readonly string[] }

async function replayVerdicts(
  record: JourneyRecord,
  input: {
    readonly facts: Facts
    readonly original: AsyncIterable<Uint8Array>
    readonly changes: ReplayChanges
  },
): Promise<Partly> {
  const { facts, original, changes } = input
  const { envelope, replay } = record
  if (replay === undefined) throw new Error('replayVerdicts: a record without replay facts')
  const recording = (type: AskingStep): readonly RecordedAnswer[] => {
    const step = record.steps.find((one) => one.type === type)
    return step === undefined ? [] : answersOf(step, facts)
  }
  // What one evaluator asked may serve another when a change leads it there.
  const all = record.steps.flatMap((step) => answersOf(step, facts))
  const resolverFor = (type: AskingStep): RecordedResolver => {
    return new RecordedResolver([...recording(type), ...all], changes.dns)
  }
  const resolvers = {
    spf: resolverFor('spf'),
    dkim: resolverFor('dkim'),
    arc: resolverFor('arc'),
    dmarc: resolverFor('dmarc'),
    iprev: resolverFor('iprev'),
  }
  const ip = changes.ip ?? envelope.ip
  const inspection = new Inspection(
    {
      ip,
      helo: changes.helo ?? envelope.helo,
      mailFrom: changes.mailFrom ?? envelope.mailFrom,
      receiver: replay.receiver,
      now: changes.now ?? replay.now,
    },
    resolvers,
  )
  const header = await passThrough(inspection, original)
  if (header === undefined) return { steps: [], missing: [] }
  const evaluation = await inspection.finish()
  const decision = decide(evaluation, header, replay.rules)
  const again: readonly StepData[] = [
    { type: 'spf', ip, verdict: evaluation.spf },
    { type: 'dkim', verdicts: evaluation.dkim },
    { type: 'arc', verdict: evaluation.arc },
    { type: 'dmarc', verdict: evaluation.dmarc },
    { type: 'decision', decision },
    // Last, as it leads to nothing: what the decision rests on is named first when it differs.
    ...(record.steps.some(({ type }) => type === 'iprev')
      ? [{ type: 'iprev', verdict: await checkIprev(ip, resolvers.iprev) } as const]
      : []),
  ]
  const missing = Object.values(resolvers).flatMap((resolver) => {
    return resolver.missing.map(({ name, type }) => `${name} ${type}`)
  })
  return { steps: again.flatMap((now) => compare(record, now)), missing }
}

async function passThrough(
  inspection: Inspection,
  original: AsyncIterable<Uint8Array>,
): Promise<MessageHeader | undefined> {
  const reader = new HeaderReader()
  let header: MessageHeader | undefined
  const take = (progress: ReturnType<HeaderReader['push']>): void => {
    if (progress.type !== 'header') return
    header = progress.header
    inspection.header(progress.header)
    inspection.body(progress.body)
  }
  for await (const chunk of original) {
    if (header === undefined) take(reader.push(chunk))
    else inspection.body(chunk)
  }
  if (header === undefined) take(reader.end())
  return header
}

async function replayRoutes(
  record: JourneyRecord,
  facts: Facts,
  changes: ReplayChanges,
): Promise<Partly> {
  const steps: ReplayedStep[] = []
  const missing: string[] = []
  for (const step of record.steps) {
    if (step.type !== 'route') continue
    const resolver = new RecordedResolver(answersOf(step, facts), changes.dns)
    const random = seededRandom(step.seed)
    const route = await routeTo(step.destination, resolver, { ...step.self, random })
    const { destination, seed, self } = step
    const now: StepData = { type: 'route', destination, seed, self, route }
    steps.push({ type: 'route', recorded: step, now, same: sameData(step, now) })
    missing.push(...resolver.missing.map(({ name, type }) => `${name} ${type}`))
  }
  return { steps, missing }
}

const verdictTypes = ['iprev', 'spf', 'dkim', 'arc', 'dmarc', 'decision'] as const

type AskingStep = 'iprev' | 'spf' | 'dkim' | 'arc' | 'dmarc'

function isVerdict(type: StepData['type']): type is (typeof verdictTypes)[number] {
  return verdictTypes.some((one) => one === type)
}

function compare(record: JourneyRecord, now: StepData): readonly ReplayedStep[] {
  const { type } = now
  if (!isVerdict(type)) return []
  const recorded = record.steps.find((step) => step.type === type)
  return recorded === undefined ? [] : [{ type, recorded, now, same: sameData(recorded, now) }]
}

/** Compares what was decided, not when or how fast: times and shared answers are left out. */
function sameData(recorded: Step, now: StepData): boolean {
  const { startedAt: _at, durationMs: _ms, dns: _dns, ...data } = recorded
  return canonicalJson(data) === canonicalJson(now)
}

/** JSON with the keys of every object in order, so that equal data is equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(
      Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
    )
  })
}
