/** A session thread: speaks SMTP and judges letters over connections that the main thread took. */
import { parentPort } from 'node:worker_threads'
import { makeId } from '../base/id.ts'
import { CachingResolver } from '../dns/caching-resolver.ts'
import { chance, systemClock } from '../io/clock.ts'
import { Places } from '../io/listener.ts'
import { Post } from '../post/post.ts'
import type { JudgedLetter } from '../inspect/decide.ts'
import type { RecipientAdmission } from '../receive/recipient.ts'
import { type EnteredStore, enterStore } from '../store/sqlite/store-door.ts'
import { AskedDirectory, AskedGuard, askedResolver } from './asked.ts'
import { type CallMessage, Calls, flatProblem } from './calls.ts'
import { GatheredLines } from './gathered-lines.ts'
import { LocalSessions } from './local-sessions.ts'
import type { OfMain, OfThread, ThreadSettings, ThreadSetup } from './questions.ts'

type Input<K extends keyof OfThread> = Parameters<OfThread[K]>[0]

/** What there is once the thread knows what it is for. */
interface Opened {
  readonly sessions: LocalSessions
  readonly directory: AskedDirectory
  readonly guard: AskedGuard
  readonly store: EnteredStore
  readonly lines: GatheredLines
}

/** The thread's answers to the main thread. */
class WorkerAnswers implements OfThread {
  readonly #main: Calls<OfMain>
  readonly #places = new Places()
  #settings: ThreadSettings | undefined
  #parts: Opened | undefined

  constructor(main: Calls<OfMain>) {
    this.#main = main
  }

  open(setup: ThreadSetup): void {
    this.#settings = setup
    const main = this.#main
    const clock = systemClock
    const lines = new GatheredLines(clock, (some) => main.tell('log', some))
    const log = lines.take
    const directory = new AskedDirectory(main, setup.people)
    const guard = new AskedGuard(main)
    // That the writer is gone the main thread knows by itself, and each letter is put off.
    const store = enterStore(setup.store, log, () => undefined)
    const post = new Post({
      store: store.intake,
      directory,
      origin: setup.sessions.origin,
      clock,
      newId: () => makeId(clock.now(), chance),
      queueMs: () => (this.#settings ?? setup).sessions.rules.queueMs,
    })
    const needs = {
      directory,
      guard,
      post,
      contents: store.intake,
      admission: this.#admission(setup),
      resolver: new CachingResolver(askedResolver(main), {
        now: () => clock.monotonicMs(),
        maxBytes: setup.cacheBytes,
      }),
      clock,
      random: chance,
      judged: setup.judged ? (letter: JudgedLetter) => main.tell('judged', letter) : undefined,
      log,
      report: (problem: unknown, where: string) => {
        main.tell('report', { problem: flatProblem(problem), where })
      },
    }
    const sessions = new LocalSessions(needs, setup.sessions)
    this.#parts = { sessions, directory, guard, store, lines }
  }

  ready(): void {
    if (this.#parts === undefined) throw new Error('session worker: it is not open')
  }

  beat(): void {}

  take({ id, connection, socket }: Input<'take'>): void {
    this.#places.sweep()
    this.#places.take(socket, () => this.#main.tell('over', id))
    try {
      this.#opened.sessions.take(socket, connection)
    } catch (problem) {
      socket.destroy()
      throw problem
    }
  }

  async use(settings: ThreadSettings): Promise<void> {
    const { sessions, directory } = this.#opened
    await sessions.use(settings.sessions)
    directory.replace(settings.people)
    this.#settings = settings
  }

  check({ login }: Input<'check'>): Promise<boolean> {
    return this.#opened.guard.check(login)
  }

  shutdown(): Promise<void> {
    return this.#opened.sessions.shutdown()
  }

  stop(): void {
    this.#opened.sessions.stop()
  }

  abort(): void {
    this.#opened.sessions.abort()
  }

  async close(): Promise<void> {
    const { store, lines } = this.#opened
    await store.close()
    lines.flush()
  }

  get #opened(): Opened {
    if (this.#parts === undefined) throw new Error('session worker: it is not open')
    return this.#parts
  }

  #admission({ admission }: ThreadSetup): RecipientAdmission | undefined {
    if (admission === undefined) return undefined
    return {
      ...admission,
      refusal: (asked, lead) => this.#main.ask('refusal', { asked, lead }),
    }
  }
}

function start(): void {
  const port = parentPort
  if (port === null) throw new Error('session worker: it has no main thread')
  const main: Calls<OfMain> = new Calls<OfMain>({
    post: (message) => port.postMessage(message),
    fault: (problem, kind) => {
      main.tell('report', { problem: flatProblem(problem), where: `a session thread: ${kind}` })
    },
  })
  main.serve(new WorkerAnswers(main))
  port.on('message', (message: CallMessage) => main.take(message))
}

start()
