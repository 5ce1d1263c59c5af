import { meaningOf } from '../answers/kinds.ts'
import { clientKeys } from '../base/ip.ts'
import type { LogLine } from '../base/log.ts'
import { zoneOfName } from '../inspect/public-suffixes.ts'
import type { DeliveryStep } from '../journey/delivery-steps.ts'
import { blamesAddress, pauseAfter } from '../answers/pause.ts'
import type { Pause } from '../post/batch.ts'
import { describeReply } from '../smtp/reply.ts'
import type { Refuser } from '../source/independent.ts'
import { type Attempt, readingOf } from './attempt.ts'

export type PauseStep = DeliveryStep & { readonly type: 'paused' }

/** The longest pause that these attempts ask for; `undefined`: none asks for one. */
export function pauseIn(attempts: readonly Attempt[]): Pause | undefined {
  let longest: Pause | undefined
  for (const { result, host, ip } of attempts) {
    const reading = readingOf(result)
    if (reading === undefined || result.result === 'delivered') continue
    // What we ourselves demand of a server (a route, TLS) is asked of each letter by itself.
    const reply = result.outcome?.reply ?? null
    if (reply === null) continue
    const wanted = pauseAfter(reading, result.result === 'failed')
    if (wanted === undefined || wanted.forMs <= (longest?.forMs ?? 0)) continue
    const said = `${host} said: ${describeReply(reply)}`
    const refuser = blamesAddress(reading) ? { refuser: refuserOf(host, ip) } : {}
    longest = { ...wanted, because: `${meaningOf(reading)} ${said.slice(0, 300)}`, ...refuser }
  }
  return longest
}

/** A server by what tells it from those of others, whatever names and addresses it has. */
function refuserOf(host: string, ip: string): Refuser {
  const { network, site } = clientKeys(ip)
  return { organization: zoneOfName(host.toLowerCase()), network: site ?? network }
}

/**
 * Whom a refusal for good is told, where it is about us and not about the letters: the first letter.
 * The others wait until the pause is over, so that one listing does not bounce a thousand.
 */
export function sparing(attempts: readonly Attempt[]): {
  readonly told: readonly Attempt[]
  readonly spared: readonly Attempt[]
} {
  const told: Attempt[] = []
  const spared: Attempt[] = []
  let first: string | undefined
  for (const attempt of attempts) {
    const { messageId } = attempt.item
    const pauses = attempt.result.result === 'failed' && pauseIn([attempt]) !== undefined
    if (pauses) first ??= messageId
    if (pauses && messageId !== first) spared.push(attempt)
    else told.push(attempt)
  }
  return { told, spared }
}

/** That further letters are kept back, where what was said asks for it. */
export function pauseStep(attempts: readonly Attempt[], now: number): PauseStep | undefined {
  const pause = pauseIn(attempts)
  const [first] = attempts
  if (pause === undefined || first === undefined) return undefined
  const { of, forMs, because: problem } = pause
  const { item, source } = first
  const from = of === 'source' && source !== undefined ? { source } : {}
  const { destination } = item
  return { type: 'paused', of, ...from, destination, problem, until: now + forMs }
}

/** The same for the log. */
export function pauseLine(step: PauseStep): LogLine {
  const { of, source, destination, problem, until } = step
  const fields = { of, source, destination, why: problem, until: new Date(until).toISOString() }
  return { level: 'warning', event: 'paused', fields }
}
