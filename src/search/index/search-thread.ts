import type { Worker } from 'node:worker_threads'
import { errorOf, type Problem } from '../../base/error-data.ts'
import type { Query } from '../query.ts'
import type { FoundMessages, SearchPage } from '../scan.ts'
import { startBeside } from '../../io/start-worker.ts'

/** What the thread needs to know. */
export interface SearchSetup {
  /** The data folder. */
  readonly folder: string
}

export type SearchRequest =
  | {
      readonly type: 'search'
      readonly number: number
      readonly query: Query
      readonly page: SearchPage
    }
  | { readonly type: 'close' }

export type SearchReply =
  | { readonly type: 'found'; readonly number: number; readonly found: FoundMessages }
  | { readonly type: 'failed'; readonly number: number; readonly problem: Problem }
  | { readonly type: 'told'; readonly problem: string }

/** Who looks for messages with an index. */
export interface MessageSearch {
  /** `undefined`: nobody can tell now, and messages have to be read one by one. */
  search(query: Query, page: SearchPage): Promise<FoundMessages | undefined>
}

/** The same, until it is closed. */
export interface OpenSearch extends MessageSearch {
  close(): Promise<void>
}

/** A server has other things to do when it starts; the first search begins it at once. */
const beginAfterMs = 1000
/** After so many deaths of the thread there is no index until the next start. */
const mostDeaths = 3

interface Waiting {
  readonly resolve: (found: FoundMessages | undefined) => void
  readonly reject: (error: Error) => void
}

/**
 * Opens the search of a data folder that a server of this process has: an index beside the database,
 * kept by a thread of its own. When that dies it is told and started again, and what it was asked is
 * looked for without it.
 */
export function openSearch(
  {
    folder,
    told,
  }: {
    readonly folder: string
    /** Told of trouble, and of what: nothing is lost, but searches see less. */
    readonly told: (problem: string, of: string) => void
  },
  start: (setup: SearchSetup) => Worker = startSearchWorker,
): OpenSearch {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | undefined
  let [next, deaths, closing] = [0, 0, false]
  let later: NodeJS.Timeout | undefined = setTimeout(begin, beginAfterMs).unref()

  const tell = (problem: string): void => told(problem, 'search')
  const ended = (one: Worker, cause: unknown): void => {
    if (worker !== one) return
    worker = undefined
    for (const { resolve } of waiting.values()) resolve(undefined)
    waiting.clear()
    if (closing) return
    const why = cause instanceof Error ? cause.message : String(cause)
    tell(`the thread that keeps the search index has ended: ${why}`)
    if (++deaths < mostDeaths) begin()
    else tell('searches see the newest messages alone until the next start')
  }
  const heard = (reply: SearchReply): void => {
    if (reply.type === 'told') {
      tell(reply.problem)
      return
    }
    const one = waiting.get(reply.number)
    waiting.delete(reply.number)
    if (waiting.size === 0) worker?.unref()
    if (reply.type === 'found') one?.resolve(reply.found)
    else one?.reject(errorOf(reply.problem))
  }
  function begin(): void {
    clearTimeout(later)
    later = undefined
    const one = start({ folder })
    worker = one
    one.unref()
    one.on('message', heard)
    one.once('error', (cause) => ended(one, cause))
    one.once('exit', () => ended(one, 'it stopped'))
  }

  return {
    search(query, page) {
      if (later !== undefined && !closing) begin()
      const asked = worker
      if (asked === undefined || closing) return Promise.resolve(undefined)
      return new Promise((resolve, reject) => {
        const number = next++
        waiting.set(number, { resolve, reject })
        asked.ref()
        asked.postMessage({ type: 'search', number, query, page } satisfies SearchRequest)
      })
    },
    async close() {
      closing = true
      clearTimeout(later)
      const last = worker
      if (last === undefined) return
      await new Promise<void>((resolve) => {
        last.once('exit', () => resolve())
        last.ref()
        last.postMessage({ type: 'close' } satisfies SearchRequest)
        if (last.threadId === -1) resolve()
      })
    },
  }
}

function startSearchWorker(setup: SearchSetup): Worker {
  return startBeside(import.meta.url, {
    file: 'search-worker',
    data: setup,
    name: 'waybill-search',
    memory: { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 192 },
  })
}
