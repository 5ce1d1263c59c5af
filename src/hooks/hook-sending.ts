import type { Clock } from '../base/clock.ts'
import type { HookDelivery, HookEndpoint, HookPort, HookVerdict } from '../store/ports/hooks.ts'
import type { HookEndpoints } from './hook-endpoints.ts'
import type { PatientWriting } from './patient-writing.ts'
import { nextAttempt, retryAfterMs } from './retry-plan.ts'
import { signedHeaders } from './signature.ts'

/** How a request is sent; never rejects. */
export type SendHook = (request: {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}) => Promise<{ readonly status: number; readonly text: string; readonly retryAfter: string }>

export interface HookSendingParts {
  readonly port: Pick<HookPort, 'due' | 'nextDueAt' | 'settle' | 'waiting'>
  readonly writing: Pick<PatientWriting, 'do'>
  readonly endpoints: HookEndpoints
  readonly send: SendHook
  /** The hour by which it is tried again. */
  readonly clock: Clock
  /** The hour that receivers know: their libraries refuse what is five minutes off. */
  readonly trueNow: () => number
  readonly random: () => number
  readonly report: (problem: unknown, where: string) => void
}

/** Requests to one endpoint at the same time. */
const atOnce = 4
/** An endpoint at which nothing has arrived for so long is switched off. */
const patienceMs = 5 * 86_400_000
/** So much may wait for one endpoint. */
const mostWaiting = 50_000
const longestSleepMs = 3_600_000

/** Sends what is due; a slow endpoint holds nothing up but what is its own. */
export class HookSending {
  readonly #parts: HookSendingParts
  /** What is being sent, by endpoint. */
  readonly #underWay = new Map<string, Set<string>>()
  readonly #sends = new Set<Promise<void>>()
  #looking: Promise<void> | undefined
  #again = false
  #cancel: () => void = () => undefined
  #stopped = false

  constructor(parts: HookSendingParts) {
    this.#parts = parts
  }

  /** Something may be due, or may go on. */
  wake(): void {
    this.#again = true
    if (this.#stopped) return
    this.#looking ??= this.#look()
      .catch((problem: unknown) => this.#parts.report(problem, 'webhooks'))
      .finally(() => {
        this.#looking = undefined
        if (this.#again) this.wake()
      })
  }

  /** Begins nothing more; what is under way may be sent once more after the next start. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.#looking
    await Promise.all(this.#sends)
  }

  async #look(): Promise<void> {
    const { clock, endpoints, port } = this.#parts
    this.#again = false
    this.#cancel()
    for (const endpoint of endpoints.list) {
      if (endpoint.off === '' && !this.#stopped) await this.#fill(endpoint)
    }
    const next = await port.nextDueAt(clock.now())
    if (next === undefined || this.#stopped) return
    const inMs = Math.min(Math.max(next - clock.now(), 0), longestSleepMs)
    this.#cancel = clock.setTimer(inMs, () => this.wake())
  }

  async #fill(endpoint: HookEndpoint): Promise<void> {
    const busy = this.#underWay.get(endpoint.id) ?? new Set()
    this.#underWay.set(endpoint.id, busy)
    if (busy.size >= atOnce) return
    const query = { endpointId: endpoint.id, now: this.#parts.clock.now(), limit: atOnce * 2 }
    const due = await this.#parts.port.due(query)
    for (const delivery of due.filter(({ id }) => !busy.has(id)).slice(0, atOnce - busy.size)) {
      busy.add(delivery.id)
      const sent = this.#send(endpoint, delivery)
        .catch((problem: unknown) => this.#parts.report(problem, 'a webhook'))
        .finally(() => {
          busy.delete(delivery.id)
          this.#sends.delete(sent)
          this.wake()
        })
      this.#sends.add(sent)
    }
  }

  async #send(endpoint: HookEndpoint, delivery: HookDelivery): Promise<void> {
    const { clock, send, port, writing } = this.#parts
    const began = clock.monotonicMs()
    const at = clock.now()
    const { url } = endpoint
    const headers = hookHeaders(endpoint, delivery, this.#parts.trueNow(), at)
    const answer = await send({ url, headers, body: delivery.body })
    if (this.#stopped && answer.status === 0) return
    const { status, text } = answer
    const tookMs = clock.monotonicMs() - began
    const attempt = { deliveryId: delivery.id, at, tookMs, status, text }
    const verdict = { attempt, ...this.#verdict(delivery, answer) }
    // Unwritten it would be sent again at once.
    if (!(await writing.do(() => port.settle(verdict)))) return
    await this.#judge(endpoint.id, answer)
  }

  #verdict(
    { attempts }: HookDelivery,
    { status, retryAfter }: { readonly status: number; readonly retryAfter: string },
  ): Omit<HookVerdict, 'attempt'> {
    if (status >= 200 && status < 300) return { state: 'arrived' }
    if (status === 410) return { state: 'given up' }
    const now = this.#parts.clock.now()
    const wishMs = retryAfterMs(retryAfter, this.#parts.trueNow())
    const nextAt = nextAttempt(now, attempts + 1, { wishMs, random: this.#parts.random() })
    return nextAt === undefined ? { state: 'given up' } : { state: 'waiting', nextAt }
  }

  /** What the answer says of the endpoint. */
  async #judge(id: string, { status, text }: { status: number; text: string }): Promise<void> {
    const { clock, endpoints, port } = this.#parts
    const endpoint = endpoints.find(id)
    if (endpoint === undefined) return
    if (status >= 200 && status < 300) {
      if (endpoint.failingSince === undefined) return
      await endpoints.change(id, (one) => {
        const { failingSince: _, ...rest } = one
        return rest
      })
      return
    }
    if (status === 410) {
      await endpoints.switchOff(id, 'It answered 410: it is gone.')
      return
    }
    const now = clock.now()
    const { failingSince = now } = endpoint
    if (endpoint.failingSince === undefined) {
      await endpoints.change(id, (one) => ({ ...one, failingSince }))
    }
    if (now - failingSince > patienceMs) {
      const last = status === 0 ? text : `it answered ${status}`
      await endpoints.switchOff(id, `Nothing has arrived there for 5 days; last: ${last}`)
    } else if ((await port.waiting(id)) > mostWaiting) {
      await endpoints.switchOff(id, `More than ${mostWaiting} events wait for it.`)
    }
  }
}

/** The headers of a request; while a secret takes the place of another, both sign. */
export function hookHeaders(
  { secrets, oldSecretUntil = 0 }: HookEndpoint,
  { eventId, body }: Pick<HookDelivery, 'eventId' | 'body'>,
  trueNow: number,
  now: number,
): Readonly<Record<string, string>> {
  const signing = now < oldSecretUntil ? secrets : secrets.slice(0, 1)
  return {
    'content-type': 'application/json',
    'user-agent': 'Waybill-Webhooks',
    ...signedHeaders({ id: eventId, body }, trueNow, signing),
  }
}
