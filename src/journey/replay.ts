import type { RecordedAnswer } from '../dns/recording-resolver.ts'
import { decide } from '../inspect/decide.ts'
import { type Evaluation, Inspection } from '../inspect/inspection.ts'
import { checkIprev } from '../inspect/iprev.ts'
import { HeaderReader, type MessageHeader } from '../message/header-reader.ts'
import { formatReceivedSpf } from '../spf/spf.ts'
import { AlteredLetter } from './altered-letter.ts'
import { answersOf, type Facts, type JourneyRecord, type ReplayFacts } from './record.ts'
import { changesSomething, type ReplayOverrides } from './overrides.ts'
import type { StepData } from './steps.ts'
import { replayRoutes } from './replay-routes.ts'
import { ReplayResolver } from './replay-resolver.ts'
import { type ReplayedStep, sameData, verdictTypes } from './replayed-step.ts'

/** The verdicts of a journey, made again. */
export interface Replayed {
  readonly type: 'replayed'
  readonly steps: readonly ReplayedStep[]
  /** The first step that differs, by its type, of those that miss no answer. */
  readonly firstDifference: string | undefined
  /** Questions of all steps that the record has no answer to, each once. */
  readonly missing: readonly string[]
  /** What DNS was told to say and nobody asked, as `NAME TYPE`: it changes nothing. */
  readonly unused: readonly string[]
}

export type Replay =
  | Replayed
  /** The journey holds no verdict: its steps are recorded facts, which no rule can change. */
  | { readonly type: 'nothing'; readonly because: string }
  /** There is something to derive again, but what it takes is gone. */
  | { readonly type: 'impossible'; readonly because: string }

/**
 * Derives every verdict of a journey again, from the record alone: message, connection facts, DNS
 * answers, clock and rules. Without changes each step must come out the same, bit for bit.
 */
export async function replayJourney(
  record: JourneyRecord,
  facts: Facts,
  original: AsyncIterable<Uint8Array> | undefined,
  changes: ReplayOverrides = { dns: [] },
): Promise<Replay> {
  const resolvers: ReplayResolver[] = []
  const routes = await replayRoutes(record, facts, { changes, resolvers })
  if (!record.steps.some((step) => step.type === 'spf')) {
    if (routes.length > 0) return finish(routes, changes, resolvers)
    return { type: 'nothing', because: whyNothing(record) }
  }
  const { replay } = record
  if (replay === undefined || original === undefined) {
    return { type: 'impossible', because: 'The octets of this message are not kept any more.' }
  }
  const verdicts = await replayVerdicts(record, replay, { facts, original, changes, resolvers })
  if ('impossible' in verdicts) return { type: 'impossible', because: verdicts.impossible }
  return finish([...verdicts, ...routes], changes, resolvers)
}

/** Why a journey holds no verdict, as the end of a sentence that begins with "it". */
function whyNothing({ outcome, direction }: JourneyRecord): string {
  switch (outcome.status) {
    case 'refused':
      return 'it was refused before any check'
    case 'deferred':
      return 'it was asked to come back before any check'
    case 'dropped':
      return 'it ended before any check'
    case 'queued':
      return 'it has not been routed yet'
    case 'created':
      return 'this server wrote it itself'
    case 'delivered':
    case 'quarantined':
      return direction === 'out' ? 'mail from our own users is not judged' : 'it was not judged'
  }
}

function finish(
  steps: readonly ReplayedStep[],
  changes: ReplayOverrides,
  resolvers: readonly ReplayResolver[],
): Replay {
  // Without a change a question that nobody asked then is a difference like any other.
  const whatIf = changesSomething(changes)
  const different = steps.find(({ same, missing }) => !same && !(whatIf && missing.length > 0))
  const missing = Array.from(new Set(steps.flatMap((step) => step.missing)))
  const unused = changes.dns
    .filter((override) => !resolvers.some((resolver) => resolver.reached(override)))
    .map(({ name, type }) => `${name} ${type}`)
  return { type: 'replayed', steps, firstDifference: different?.type, missing, unused }
}

async function replayVerdicts(
  record: JourneyRecord,
  replay: ReplayFacts,
  input: {
    readonly facts: Facts
    readonly original: AsyncIterable<Uint8Array>
    readonly changes: ReplayOverrides
    /** Those that were asked are added. */
    readonly resolvers: ReplayResolver[]
  },
): Promise<readonly ReplayedStep[] | { readonly impossible: string }> {
  const { facts, original, changes } = input
  const { envelope } = record
  const recording = (type: AskingStep): readonly RecordedAnswer[] => {
    const step = record.steps.find((one) => one.type === type)
    return step === undefined ? [] : answersOf(step, facts)
  }
  // What one evaluator asked may serve another when a change leads it there.
  const all = record.steps.flatMap((step) => answersOf(step, facts))
  const resolverFor = (type: AskingStep): ReplayResolver => {
    return new ReplayResolver([...recording(type), ...all], changes)
  }
  const resolvers = {
    spf: resolverFor('spf'),
    dkim: resolverFor('dkim'),
    arc: resolverFor('arc'),
    dmarc: resolverFor('dmarc'),
    iprev: resolverFor('iprev'),
    // Asked only where DMARC left it to us then; a change that leads there finds nothing recorded.
    author: recording('decision').length > 0 ? resolverFor('decision') : undefined,
  }
  input.resolvers.push(...Object.values(resolvers).filter((one) => one !== undefined))
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
    replay.kept?.bodyHashes,
  )
  if (changes.body !== undefined && replay.kept !== undefined) {
    return {
      impossible: 'Of this message only the header is kept: no letter of its body can be another.',
    }
  }
  const letter = new AlteredLetter(original, changes)
  const header = await passThrough(inspection, letter.octets())
  if (header === undefined) return { impossible: 'What is kept of this message has no header.' }
  if (letter.lacksLetter) return { impossible: 'Its body has no letter that could be another.' }
  if (inspection.lacksBodyHash) {
    return { impossible: 'Of this message only the beginning is kept, and it wants more of it.' }
  }
  const evaluation = await inspection.finish()
  const decision = decide(evaluation, header, changes.rules ?? replay.rules)
  const { spf, dkim, arc, dmarc, iprev, author } = resolvers
  const open = openQuestions(evaluation, { spf, dkim, arc, dmarc })
  const withIprev = record.steps.some(({ type }) => type === 'iprev')
  const again: readonly Again[] = [
    { now: { type: 'spf', ip, verdict: evaluation.spf }, resolver: spf },
    { now: { type: 'dkim', verdicts: evaluation.dkim }, resolver: dkim },
    { now: { type: 'arc', verdict: evaluation.arc }, resolver: arc },
    { now: { type: 'dmarc', verdict: evaluation.dmarc }, resolver: dmarc, rests: open.dmarc },
    { now: { type: 'decision', decision }, resolver: author, rests: open.decision },
    {
      now: { type: 'received-spf', field: formatReceivedSpf(evaluation.spf, replay) },
      resolver: spf,
    },
    // Last, as it leads to nothing: what the decision rests on is named first when it differs.
    ...(withIprev
      ? [{ now: { type: 'iprev', verdict: await checkIprev(ip, iprev) }, resolver: iprev } as const]
      : []),
  ]
  return again.flatMap((one) => compare(record, one))
}

/** A step that was made again, and what it rests on. */
interface Again {
  readonly now: StepData
  readonly resolver: ReplayResolver | undefined
  /** Questions of steps before it which are open, and so leave this one open as well. */
  readonly rests?: readonly string[]
}

/**
 * What is open for DMARC and for the decision because nobody asked for it then. A pass is a pass
 * whatever the others would have come to, and where there is no policy nothing was weighed.
 */
function openQuestions(
  { dmarc: verdict }: Evaluation,
  { spf, dkim, arc, dmarc }: Readonly<Record<'spf' | 'dkim' | 'arc' | 'dmarc', ReplayResolver>>,
): { readonly dmarc: readonly string[]; readonly decision: readonly string[] } {
  const senders = [...spf.missing, ...dkim.missing]
  const weighed = verdict.result === 'fail' || verdict.result === 'temperror'
  const forDmarc = weighed ? senders : []
  if (verdict.result === 'pass') return { dmarc: forDmarc, decision: dmarc.missing }
  return { dmarc: forDmarc, decision: [...senders, ...arc.missing, ...dmarc.missing] }
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

type AskingStep = 'iprev' | 'spf' | 'dkim' | 'arc' | 'dmarc' | 'decision'

function isVerdict(type: StepData['type']): type is (typeof verdictTypes)[number] {
  return verdictTypes.some((one) => one === type)
}

function compare(
  record: JourneyRecord,
  { now, resolver, rests = [] }: Again,
): readonly ReplayedStep[] {
  const { type } = now
  if (!isVerdict(type)) return []
  const recorded = record.steps.find((step) => step.type === type)
  if (recorded === undefined) return []
  const missing = Array.from(new Set([...(resolver?.missing ?? []), ...rests]))
  const answers = resolver?.answers ?? []
  return [{ type, recorded, now, same: sameData(recorded, now), missing, answers }]
}
