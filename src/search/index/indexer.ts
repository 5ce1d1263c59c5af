import { existsSync } from 'node:fs'
import type { Clock } from '../../base/clock.ts'
import type { Database } from '../../store/sqlite/database.ts'
import { isDamaged } from '../../store/problems.ts'
import type { Query } from '../query.ts'
import { type FoundMessages, scan, type SearchPage } from '../scan.ts'
import { answerFromIndex } from './answer.ts'
import { type FollowedStore, Follower } from './follower.ts'
import { openIndex, removeIndex } from './index-file.ts'

/** So long an answer waits for the index to be where the store is. */
const catchUpMs = 150
/** So many times as long as a step took is the rest behind it, while mail comes and when none does. */
const restTimes = { busy: 15, calm: 1 }
/** So long mail is said to come after some has. */
const busyMs = 2000
/** So often it is looked whether something was committed: a search looks by itself. */
const idleMs = 2000
/** After trouble with the file nothing is tried for so long. */
const troubleMs = 30_000
/** Words of messages that went leave the file so often at most. */
const tidyEveryMs = 3_600_000

type Step = Awaited<ReturnType<Follower['step']>>

interface Opened {
  readonly database: Database
  readonly follower: Follower
}

/** What an indexer works with. */
export interface IndexerParts {
  /** Where the index lies. */
  readonly path: string
  readonly store: FollowedStore
  readonly clock: Clock
  /** Told of trouble with the index: nothing is lost, but searches see less. */
  readonly told: (problem: string) => void
}

/**
 * Keeps the index and answers searches: with it where it is whole, else by reading messages. It
 * works in small steps and rests between them: as long as each took, and many times as long while mail
 * comes, because what comes is found by reading it too. When somebody waits there is no rest.
 */
export class Indexer {
  readonly #parts: IndexerParts
  #opened: Opened | undefined
  /** All work on the file, one after the other. */
  #turn: Promise<unknown> = Promise.resolve()
  #closed = false
  #quietUntil = -Infinity
  #tidiedAt: number
  #cameAt = -Infinity
  #wake: (() => void) | undefined

  constructor(parts: IndexerParts) {
    this.#parts = parts
    this.#tidiedAt = parts.clock.monotonicMs()
  }

  /** Follows the store until it is closed. */
  async run(): Promise<void> {
    const { clock } = this.#parts
    while (!this.#closed) {
      const began = clock.monotonicMs()
      const more = isMore(await this.#inTurn(() => this.#step())) || this.#tidy() === 'more'
      const now = clock.monotonicMs()
      const times = now < this.#cameAt + busyMs ? restTimes.busy : restTimes.calm
      const ms = Math.min(idleMs, Math.max(1, now - began) * times)
      if (!this.#closed) await this.#rest(more ? ms : idleMs)
    }
  }

  async search(query: Query, page: SearchPage): Promise<FoundMessages> {
    const { clock, store } = this.#parts
    const until = clock.monotonicMs() + catchUpMs
    while (clock.monotonicMs() < until) {
      if ((await this.#inTurn(() => this.#step())) === 'done') break
    }
    const found = await this.#inTurn(async () => {
      return this.#opened && (await answerFromIndex(this.#opened.database, store, query, page))
    })
    return found ?? (await scan(store.ports, query, page))
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#wake?.()
    await this.#turn
    this.#opened?.database.close()
    this.#opened = undefined
  }

  /** Trouble with the file is told, and what was asked is `undefined`. */
  #inTurn<T>(work: () => Promise<T>): Promise<T | undefined> {
    const done = this.#turn.then(async () => {
      if (this.#closed || this.#parts.clock.monotonicMs() < this.#quietUntil) return undefined
      try {
        return await work()
      } catch (error) {
        this.#trouble(error)
        return undefined
      }
    })
    this.#turn = done
    return done
  }

  async #step(): Promise<Step> {
    const { path, store } = this.#parts
    if (this.#opened !== undefined && !existsSync(path)) {
      this.#opened.database.close()
      this.#opened = undefined
    }
    if (this.#opened === undefined) {
      const database = openIndex(path)
      this.#opened = { database, follower: new Follower(database, store) }
    }
    const step = await this.#opened.follower.step()
    if (step === 'new') this.#cameAt = this.#parts.clock.monotonicMs()
    return step
  }

  #tidy(): 'more' | 'done' {
    const now = this.#parts.clock.monotonicMs()
    if (this.#opened === undefined || now < this.#tidiedAt + tidyEveryMs) return 'done'
    const more = this.#opened.follower.tidy()
    if (more === 'done') this.#tidiedAt = now
    return more
  }

  /** A damaged index is built again; for anything else there is a rest. */
  #trouble(error: unknown): void {
    const { path, clock, told } = this.#parts
    this.#opened?.database.close()
    this.#opened = undefined
    const why = error instanceof Error ? error.message : String(error)
    if (isDamaged(error)) {
      told(`the search index is damaged and is built again: ${why}`)
      removeIndex(path)
      return
    }
    told(`the search index cannot be kept, so that searches see the newest messages alone: ${why}`)
    this.#quietUntil = clock.monotonicMs() + troubleMs
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.setTimer(ms, () => this.#wake?.())
      this.#wake = () => {
        cancel()
        this.#wake = undefined
        resolve()
      }
    })
  }
}

function isMore(step: Step | undefined): boolean {
  return step === 'new' || step === 'more'
}
