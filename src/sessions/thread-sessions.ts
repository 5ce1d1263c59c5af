import type { Socket } from 'node:net'
import { WaybillError } from '../base/error.ts'
import type { RecipientAdmission } from '../receive/recipient.ts'
import type { StoreDoor } from '../store/sqlite/store-door.ts'
import { withoutPasswords } from './asked.ts'
import type { People, ThreadSettings } from './questions.ts'
import { SessionThread, type ThreadLink } from './session-thread.ts'
import type { Connection, Sessions, SessionSettings } from './sessions.ts'
import type { SharedNeeds } from './thread-answers.ts'

export interface ThreadNeeds extends SharedNeeds {
  /** A way into the store for the thread of this number, from 1 on. */
  readonly door: (thread: number) => StoreDoor
  /** That thread is gone without having closed its door. */
  readonly lost: (thread: number) => void
  /** What the DNS caches of all threads may take together. */
  readonly cacheBytes: number
  /** Who lives here, as it is now. */
  readonly people: () => People
  /** Threads die as fast as they are made: nothing more can be taken. */
  readonly broken: (problem: WaybillError) => void
}

/** So many deaths within `deathsMs` are no accident. */
const mostDeaths = 5
const deathsMs = 60_000

/** How long the second of them waits for another thread in its place, while others serve; each next twice. */
const patienceMs = 250

/**
 * Sessions on threads of their own. This thread takes connections, counts them, and hands each to the
 * thread that has fewest. A thread that dies takes its connections with it, and another one comes in
 * its place.
 */
export class ThreadSessions implements Sessions {
  readonly #needs: ThreadNeeds
  readonly #start: () => ThreadLink
  readonly #cacheBytes: number
  readonly #threads: SessionThread[] = []
  #settings: ThreadSettings
  #stage: 'serving' | 'shutdown' | 'stop' | 'abort' = 'serving'
  /** When the last ones died, on the clock that does not go back. */
  readonly #deaths: number[] = []
  #gaveUp = false

  constructor(
    needs: ThreadNeeds,
    settings: SessionSettings,
    threads: { readonly count: number; readonly start: () => ThreadLink },
  ) {
    this.#needs = needs
    this.#start = threads.start
    this.#cacheBytes = Math.floor(needs.cacheBytes / threads.count)
    this.#settings = { sessions: settings, people: withoutPasswords(needs.people()) }
    for (let number = 1; number <= threads.count; number++) this.#begin(number)
  }

  get size(): number {
    return this.#threads.reduce((sum, { size }) => sum + size, 0)
  }

  /** How many threads there are. */
  get threads(): number {
    return this.#threads.length
  }

  async ready(): Promise<void> {
    await this.#all((thread) => thread.opened)
  }

  take(socket: Socket, connection: Connection, keep: () => () => void): void {
    const ready = this.#threads.filter((thread) => thread.ready)
    const [first, ...others] = ready.length > 0 ? ready : this.#threads
    if (first === undefined) {
      socket.destroy()
      return
    }
    const least = others.reduce((best, one) => (one.size < best.size ? one : best), first)
    try {
      least.take(socket, connection, keep())
    } catch (problem) {
      socket.destroy()
      this.#needs.report(problem, 'a connection that could not be handed to a session thread')
    }
  }

  async use(settings: SessionSettings): Promise<void> {
    this.#settings = { sessions: settings, people: withoutPasswords(this.#needs.people()) }
    await this.#all((thread) => thread.use(this.#settings))
  }

  async shutdown(): Promise<void> {
    if (this.#stage === 'serving') this.#stage = 'shutdown'
    await this.#all((thread) => thread.shutdown())
  }

  stop(): void {
    this.#stage = this.#stage === 'abort' ? 'abort' : 'stop'
    for (const thread of this.#threads) thread.stop()
  }

  abort(): void {
    this.#stage = 'abort'
    for (const thread of this.#threads) thread.abort()
  }

  async close(): Promise<void> {
    await this.#all((thread) => thread.close())
  }

  async #all(ask: (thread: SessionThread) => Promise<void>): Promise<void> {
    await Promise.all(this.#threads.map(ask))
  }

  #begin(number: number): void {
    const thread = new SessionThread(this.#start(), this.#needs, (problem, connections) => {
      this.#died({ number, thread, problem, connections })
    })
    const { door, admission, judged } = this.#needs
    thread.open({
      ...this.#settings,
      store: door(number),
      cacheBytes: this.#cacheBytes,
      admission: admission === undefined ? undefined : wordsOf(admission),
      judged: judged !== undefined,
    })
    this.#threads.push(thread)
  }

  #died(death: {
    readonly number: number
    readonly thread: SessionThread
    readonly problem: Error
    readonly connections: number
  }): void {
    const { number, thread, problem, connections } = death
    this.#threads.splice(this.#threads.indexOf(thread), 1)
    this.#needs.lost(number)
    const many = connections === 1 ? '1 connection' : `${connections} connections`
    this.#needs.report(problem, `a session thread, which ended with ${many}`)
    if (this.#stage !== 'serving') return
    const now = this.#needs.clock.monotonicMs()
    this.#deaths.push(now)
    const recent = this.#deaths.filter((at) => now - at < deathsMs)
    this.#deaths.splice(0, this.#deaths.length, ...recent)
    if (recent.length <= mostDeaths) this.#replace(number, recent.length - 1)
    else this.#giveUp(problem)
  }

  /** @param before how many have died lately before this one */
  #replace(number: number, before: number): void {
    if (before === 0 || this.#threads.length === 0) {
      this.#begin(number)
      return
    }
    this.#needs.clock.setTimer(patienceMs * 2 ** (before - 1), () => {
      if (this.#stage === 'serving') this.#begin(number)
    })
  }

  #giveUp(cause: Error): void {
    if (this.#gaveUp) return
    this.#gaveUp = true
    const message = `${mostDeaths + 1} session threads have ended within a minute.`
    const hint = 'The log says why each of them ended. With limits.threads = 1 there are none.'
    this.#needs.broken(new WaybillError('threads-lost', message, { cause, hint }))
  }
}

/** What of it goes over to a thread. */
function wordsOf({
  hint,
  onlyUsers,
}: RecipientAdmission): Pick<RecipientAdmission, 'hint' | 'onlyUsers'> {
  return {
    ...(hint === undefined ? {} : { hint }),
    ...(onlyUsers === undefined ? {} : { onlyUsers }),
  }
}
