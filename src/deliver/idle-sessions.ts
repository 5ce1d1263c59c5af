import type { Clock } from '../base/clock.ts'
import { type ConnectionPlace, placeKey, type SessionProof } from '../transport/reuse.ts'
import type { ClientSession } from './client-session.ts'
import type { Over } from './opened.ts'

/** How long connections are kept for others, and for how much. */
export interface IdleLimits {
  /** From its last letter on. 0: none is kept. */
  readonly keepMs: number
  /** Recipients that went over it: then it is closed, as a batch of one destination ends. */
  readonly maxRecipients: number
  /** From its opening on. */
  readonly maxLifeMs: number
}

/** As many as the queue has places by itself: each connection that is kept had one a moment ago. */
const mostIdle = 200

/** A connection that was parked, for who parked it. */
export interface Parked {
  /** Goes on with it; `false`: others have it, or it has ended. */
  takeBack(): boolean
  /** Who parked it has no more letters: it waits for others as long as is left of its time. */
  leave(): void
}

/** What is asked of a connection here. */
export interface Sharable {
  readonly session: Pick<ClientSession, 'usable' | 'closed' | 'quit'>
  readonly opened: { readonly proof: Pick<SessionProof, 'place'>; readonly at: number }
  readonly tlsFailed: boolean
  readonly recipients: number
}

interface Entry<O> {
  readonly over: O
  readonly site: string
  readonly key: string
  readonly parkedAtMs: number
  /** Its batch has ended, so that nobody holds a place in the queue for it. */
  orphan: boolean
  cancel: () => void
}

/**
 * Connections that have sent all they had: those who have letters for the same server take them from
 * here, whatever their destination, as far as they fit (`mayReuse`). While its batch waits for further
 * letters a connection stands here too; whoever comes first has it.
 *
 * No site gets more connections by this than the queue gives it places: who connects anew to a site
 * takes the place of one that is left here for it (`makeRoom`).
 */
export class IdleSessions<O extends Sharable = Over> {
  readonly #clock: Clock
  readonly #limits: IdleLimits
  /** By `placeKey`. */
  readonly #at = new Map<string, Set<Entry<O>>>()
  /** Those without a batch by their site, and all of them; the one that was left first is the first. */
  readonly #ofSite = new Map<string, Set<Entry<O>>>()
  readonly #orphans = new Set<Entry<O>>()
  #closed = false

  constructor(clock: Clock, limits: IdleLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** Offers a connection to others; `undefined` where it is none that can be shared. */
  park(over: O, site: string): Parked | undefined {
    const { keepMs, maxRecipients } = this.#limits
    const tired = over.recipients >= maxRecipients || this.#isOld(over)
    // A new connection may have the TLS that failed on this one.
    const fit = over.session.usable && !over.tlsFailed && !tired
    if (this.#closed || keepMs === 0 || !fit) return undefined
    const key = placeKey(over.opened.proof.place)
    const parkedAtMs = this.#clock.monotonicMs()
    const entry: Entry<O> = { over, site, key, parkedAtMs, orphan: false, cancel: () => {} }
    add(this.#at, key, entry)
    void over.session.closed.then(() => this.#remove(entry))
    return {
      takeBack: () => this.#remove(entry) && over.session.usable,
      leave: () => this.#leave(entry),
    }
  }

  /** Takes a connection to a place that fits; one whose batch is over before the others. */
  take(place: ConnectionPlace, fits: (over: O) => boolean): O | undefined {
    const found = this.#find(place, fits)
    if (found === undefined) return undefined
    this.#remove(found)
    return found.over
  }

  /** Whether `take` would find one. */
  has(place: ConnectionPlace, fits: (over: O) => boolean): boolean {
    return this.#find(place, fits) !== undefined
  }

  /** Somebody connects anew to a site: a connection that is left here for it goes. */
  makeRoom(site: string): void {
    for (const entry of this.#ofSite.get(site) ?? []) {
      this.#close(entry)
      return
    }
  }

  /** Closes all, and keeps none from now on. */
  close(): void {
    this.#closed = true
    for (const entries of Array.from(this.#at.values())) {
      // Whose batch waits for letters ends it itself.
      for (const entry of Array.from(entries)) if (entry.orphan) this.#close(entry)
    }
  }

  #find(place: ConnectionPlace, fits: (over: O) => boolean): Entry<O> | undefined {
    let found: Entry<O> | undefined
    for (const entry of this.#at.get(placeKey(place)) ?? []) {
      const { over } = entry
      if (!over.session.usable || this.#isOld(over) || !fits(over)) continue
      if (entry.orphan) return entry
      found ??= entry
    }
    return found
  }

  #isOld({ opened }: O): boolean {
    return this.#clock.now() - opened.at >= this.#limits.maxLifeMs
  }

  #leave(entry: Entry<O>): void {
    // Others may have it by now.
    if (this.#at.get(entry.key)?.has(entry) !== true) return
    const waitedMs = this.#clock.monotonicMs() - entry.parkedAtMs
    const leftMs = this.#limits.keepMs - waitedMs
    if (leftMs <= 0 || this.#closed) {
      this.#close(entry)
      return
    }
    entry.orphan = true
    entry.cancel = this.#clock.setTimer(leftMs, () => this.#close(entry))
    add(this.#ofSite, entry.site, entry)
    this.#orphans.add(entry)
    const [oldest] = this.#orphans
    if (this.#orphans.size > mostIdle && oldest !== undefined) this.#close(oldest)
  }

  #close(entry: Entry<O>): void {
    if (this.#remove(entry)) entry.over.session.quit()
  }

  #remove(entry: Entry<O>): boolean {
    entry.cancel()
    this.#orphans.delete(entry)
    drop(this.#ofSite, entry.site, entry)
    return drop(this.#at, entry.key, entry)
  }
}

function add<T>(map: Map<string, Set<T>>, key: string, entry: T): void {
  const entries = map.get(key)
  if (entries === undefined) map.set(key, new Set([entry]))
  else entries.add(entry)
}

function drop<T>(map: Map<string, Set<T>>, key: string, entry: T): boolean {
  const entries = map.get(key)
  const had = entries?.delete(entry) === true
  if (entries?.size === 0) map.delete(key)
  return had
}
