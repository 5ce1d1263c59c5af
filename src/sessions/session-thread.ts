import type { Socket } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { type CallMessage, Calls } from './calls.ts'
import { postTo } from './hand-over.ts'
import { beatMs, Heartbeat, mostMissed } from './heartbeat.ts'
import type { OfThread, ThreadSettings, ThreadSetup } from './questions.ts'
import type { Connection } from './sessions.ts'
import { type SharedNeeds, ThreadAnswers } from './thread-answers.ts'
import { startBeside } from '../io/start-worker.ts'

/** A way to a thread: a worker, or in tests something else. */
export interface ThreadLink {
  post(message: CallMessage, transfer: readonly object[]): void
  /** To be called once. */
  listen(listeners: {
    readonly message: (message: CallMessage) => void
    /** The thread is gone, and why. */
    readonly ended: (problem: Error) => void
  }): void
  /** Ends it at once. Resolves when it is gone. */
  end(): Promise<void>
}

/** Starts a thread that serves sessions. */
export function startSessionWorker(): ThreadLink {
  const worker = startBeside(import.meta.url, {
    file: 'session-worker',
    name: 'waybill-sessions',
    // What a letter needs is soon done with; in a larger young generation less of it is copied.
    memory: { maxYoungGenerationSizeMb: 64 },
  })
  return {
    post: (message, transfer) => postTo(worker, message, transfer),
    listen({ message, ended }) {
      let problem = new Error('a session thread has ended')
      worker.on('message', message)
      worker.on('error', (cause) => {
        problem = cause instanceof Error ? cause : new Error(String(cause))
      })
      worker.on('exit', () => ended(problem))
    },
    async end() {
      await worker.terminate()
    },
  }
}

/** How long a thread may take to drop its connections. */
const patienceMs = 5000

/** How long it may take to go by other settings, which it does at once unless it hangs. */
const settingsMs = 20_000

/** One thread that serves sessions, as the main thread sees it. */
export class SessionThread {
  readonly #link: ThreadLink
  readonly #clock: Clock
  #cancelEnd: () => void = () => {}
  /** Why it was ended, where it hung. */
  #hung: Error | undefined
  readonly #calls: Calls<OfThread>
  readonly #heartbeat: Heartbeat
  readonly #answers: ThreadAnswers
  readonly #died: (problem: Error, connections: number) => void
  /** What gives back the place of each connection that it has. */
  readonly #places = new Map<number, () => void>()
  #next = 0
  #ready = false
  #opened: Promise<void> = Promise.resolve()
  #state: 'serving' | 'closing' | 'gone' = 'serving'

  /** @param died told when it ends without having been closed; its places are free then */
  constructor(
    link: ThreadLink,
    needs: SharedNeeds,
    died: (problem: Error, connections: number) => void,
  ) {
    this.#link = link
    this.#clock = needs.clock
    this.#died = died
    const calls = new Calls<OfThread>({
      post: (message, transfer) => link.post(message, transfer),
      fault: (problem, kind) => needs.report(problem, `the main thread, asked by another: ${kind}`),
    })
    this.#calls = calls
    this.#answers = new ThreadAnswers(needs, {
      check: (login) => calls.ask('check', { login }),
      over: (id) => this.#over(id),
    })
    calls.serve(this.#answers)
    this.#heartbeat = new Heartbeat(
      needs.clock,
      () => calls.ask('beat', undefined),
      () => this.#endHung((beatMs * mostMissed) / 1000),
    )
    link.listen({
      message: (message) => calls.take(message),
      ended: (problem) => this.#ended(problem),
    })
  }

  /** Connections that it has. */
  get size(): number {
    return this.#places.size
  }

  /** Resolves when it is open, or gone. */
  get opened(): Promise<void> {
    return this.#opened
  }

  /** It can take connections at once. */
  get ready(): boolean {
    return this.#ready && this.#heartbeat.listens
  }

  /** Tells it what it is for. What it is given meanwhile waits. */
  open(setup: ThreadSetup): void {
    this.#calls.tell('open', setup, [setup.store.writer])
    this.#opened = this.#calls.ask('ready', undefined).then(
      () => {
        this.#ready = true
        if (this.#state === 'serving') this.#heartbeat.start()
      },
      () => undefined, // its end is told
    )
  }

  /** Hands a connection over. `leave` gives its place back. */
  take(socket: Socket, connection: Connection, leave: () => void): void {
    const id = this.#next++
    this.#places.set(id, leave)
    try {
      this.#calls.tell('take', { id, connection, socket }, [socket])
    } catch (problem) {
      this.#over(id)
      throw problem
    }
  }

  /** Resolves when it goes by these, or is gone. One that hangs is ended: nobody may go by the old ones. */
  async use(settings: ThreadSettings): Promise<void> {
    const cancel = this.#clock.setTimer(settingsMs, () => this.#endHung(settingsMs / 1000))
    try {
      await this.#unlessGone(this.#calls.ask('use', settings))
    } finally {
      cancel()
    }
  }

  /** Resolves when its sessions are over, or it is gone. */
  async shutdown(): Promise<void> {
    await this.#unlessGone(this.#calls.ask('shutdown', undefined))
  }

  stop(): void {
    this.#calls.tell('stop', undefined)
  }

  /** A thread that does not answer to that any more is ended in the middle of what it does. */
  abort(): void {
    this.#calls.tell('abort', undefined)
    this.#cancelEnd()
    this.#cancelEnd = this.#clock.setTimer(patienceMs, () => void this.#link.end())
    this.#calls.ask('shutdown', undefined).then(this.#cancelEnd, this.#cancelEnd)
  }

  /** Ends it when all that it put down is on disk. */
  async close(): Promise<void> {
    if (this.#state === 'serving') this.#state = 'closing'
    this.#heartbeat.stop()
    await this.#unlessGone(this.#calls.ask('close', undefined))
    await this.#link.end()
  }

  #endHung(seconds: number): void {
    this.#hung = new Error(`a session thread did not answer for ${seconds} seconds, and was ended`)
    void this.#link.end()
  }

  /** What is asked of a thread that is gone has come to pass: nothing of it goes on. */
  async #unlessGone(asked: Promise<void>): Promise<void> {
    try {
      await asked
    } catch (problem) {
      if (this.#state !== 'gone') throw problem
    }
  }

  #over(id: number): void {
    this.#places.get(id)?.()
    this.#places.delete(id)
  }

  #ended(end: Error): void {
    const problem = this.#hung ?? end
    this.#cancelEnd()
    this.#heartbeat.stop()
    const told = this.#state === 'serving'
    this.#state = 'gone'
    const connections = this.#places.size
    for (const leave of this.#places.values()) leave()
    this.#places.clear()
    this.#answers.release()
    this.#calls.lost(problem)
    if (told) this.#died(problem, connections)
  }
}
