import { tlsMemoryIn } from '../deliver/tls-memory.ts'
import { endOf, readKept } from '../mta-sts/kept.ts'
import { stsKind } from '../mta-sts/policy-book.ts'
import { type QuietHours, quietText, quietUntil } from '../queue/quiet-hours.ts'
import { rateText } from '../queue/traffic.ts'
import { RuleBook, senderRulesFor, type TrafficPlan } from '../queue/traffic-plan.ts'
import type { RegisterPort } from '../store/ports/register.ts'
import type { SourceChoice } from '../source/choose-source.ts'
import { suppressionIn, suppressionKey, suppressionKind } from '../suppression/suppression.ts'
import { readPauses, standstillOf } from './pauses.ts'
import type { RouteAhead } from './route-ahead.ts'
import type { DestinationStanding } from './why-waiting.ts'

/** What holds for letters that take a way. Plain JSON. */
export interface RouteLimit {
  by:
    | 'connections'
    | 'rate'
    | 'sender-rate'
    | 'quiet-hours'
    | 'pause'
    | 'back-off'
    | 'suppression'
    | 'policy'
    | 'tls-memory'
    | 'source'
  /** A sentence. */
  says: string
  /** Whether it keeps a letter from going now. */
  stops: boolean
  /** When it ends by itself, ISO 8601; `null`: it does not, or that is not known. */
  until: string | null
}

/** What limits are read from. */
export interface RouteLimitSources {
  readonly plan: TrafficPlan
  /** Most connections to one site; a rule may say fewer. */
  readonly connections: number
  /** What the server remembers; absent where there is no data. */
  readonly register?: Pick<RegisterPort, 'find' | 'list'> | undefined
  /** What a running server knows of the destination. */
  readonly standing: DestinationStanding | undefined
  /** The reverse-path of the letter; empty: nobody has said it. */
  readonly from: string
  /** From where it would go; absent: the system chooses. */
  readonly source?: SourceChoice | undefined
  /** Unix milliseconds. */
  readonly now: number
}

/** What holds now for letters that go this way, what stops them first. */
export async function routeLimits(
  found: Pick<RouteAhead, 'address' | 'destination' | 'site' | 'targets'>,
  sources: RouteLimitSources,
): Promise<RouteLimit[]> {
  const { register, now } = sources
  const remembered = register === undefined ? [] : await rememberedLimits(found, register, now)
  const inStore = [...remembered, ...settingLimits(found, sources), ...sourceLimits(sources)]
  const stopping = new Set(inStore.flatMap(({ by, stops }) => (stops ? [by] : [])))
  // A server that runs tells of pauses and quiet hours too: each is said once.
  const running = standingLimits(sources.standing).filter(({ by }) => !stopping.has(by))
  return [...running, ...inStore].toSorted((a, b) => Number(b.stops) - Number(a.stops))
}

function sourceLimits({ source }: RouteLimitSources): readonly RouteLimit[] {
  if (source?.type !== 'wait') return []
  return [limit('source', source.because, { stops: true, until: source.until })]
}

function settingLimits(
  { destination, site }: Pick<RouteAhead, 'destination' | 'site'>,
  { plan, connections: usual, from, now }: RouteLimitSources,
): readonly RouteLimit[] {
  const rule = new RuleBook(plan).find(destination, site)?.rule
  const connections = Math.min(rule?.connections ?? usual, usual)
  const named = rule === undefined ? '' : `, by the rule ${rule.name}`
  const senders = from === '' ? [] : senderRulesFor(plan.senders, { reversePath: from })
  return [
    limit('connections', `At most ${counted(connections, 'connection')} at once${named}.`),
    ...(rule?.rates ?? []).map((rate) => limit('rate', `At most ${rateText(rate)}${named}.`)),
    ...(rule?.quiet === undefined ? [] : [quietLimit(rule.quiet, now)]),
    ...senders.flatMap(({ name, rates }) => {
      return rates.map((rate) => {
        return limit('sender-rate', `At most ${rateText(rate)} of ${from}, by the rule ${name}.`)
      })
    }),
  ]
}

function quietLimit(quiet: QuietHours, now: number): RouteLimit {
  const until = quietUntil(quiet, now)
  const says = `Nothing goes there from ${quietText(quiet)}.`
  return limit('quiet-hours', says, { stops: until !== undefined, until })
}

function standingLimits(standing: DestinationStanding | undefined): readonly RouteLimit[] {
  const { heldBack, down } = standing ?? {}
  const limits: RouteLimit[] = []
  if (heldBack !== undefined) {
    const { by, because, until } = heldBack
    limits.push(limit(by, because, { stops: true, until }))
  }
  if (down !== undefined) {
    const { because, until } = down
    limits.push(limit('back-off', `It does not answer: ${because}`, { stops: true, until }))
  }
  return limits
}

async function rememberedLimits(
  { address, destination, targets }: Pick<RouteAhead, 'address' | 'destination' | 'targets'>,
  register: NonNullable<RouteLimitSources['register']>,
  now: number,
): Promise<readonly RouteLimit[]> {
  const hosts = Array.from(new Set(targets.map(({ host }) => host)))
  const key = suppressionKey(address)
  const [suppressed, policy, known, pauses] = await Promise.all([
    key === undefined ? undefined : register.find(suppressionKind, key, now),
    register.find(stsKind, destination, now),
    tlsMemoryIn(register, now).of(hosts),
    readPauses(register, now),
  ])
  const limits: RouteLimit[] = []
  if (suppressed !== undefined) {
    const { reason, why, until } = suppressionIn(suppressed)
    const because = why === '' ? '' : `: ${why.replace(/\.$/, '')}`
    const says = `Nothing is sent to this address (${reason})${because}.`
    limits.push(limit('suppression', says, { stops: true, until }))
  }
  const pause = standstillOf(pauses, destination, now)
  if (pause !== undefined) {
    limits.push(limit('pause', pause.inFull, { stops: true, until: pause.until }))
  }
  const kept = policy === undefined ? undefined : readKept(policy.json)
  if (kept !== undefined) {
    const hours = Math.max(0, Math.floor((now - kept.fetchedAt) / 3_600_000))
    const { mode, mx } = kept.policy
    const allowed = mx.length === 0 ? '' : ` for ${mx.join(', ')}`
    const says = `MTA-STS "${mode}"${allowed}, kept; fetched ${counted(hours, 'hour')} ago.`
    limits.push(limit('policy', says, { stops: false, until: endOf(kept) }))
  }
  for (const { host, best, seenAt } of known) {
    const says = `${host}: ${strengths[best]}, last at ${new Date(seenAt).toISOString()}.`
    limits.push(limit('tls-memory', says))
  }
  return limits
}

const strengths = {
  encrypted: 'TLS, the certificate not verified',
  verified: 'TLS with a verified certificate',
  dane: 'TLS as its TLSA records demand',
} as const

function limit(
  by: RouteLimit['by'],
  says: string,
  { stops = false, until }: { readonly stops?: boolean; readonly until?: number | undefined } = {},
): RouteLimit {
  const end = until === undefined || !Number.isFinite(until) ? null : new Date(until).toISOString()
  return { by, says, stops, until: end }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
