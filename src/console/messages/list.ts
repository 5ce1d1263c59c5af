import { batch, signal } from '@preact/signals'
import { ask, asProblem } from '../api/ask.ts'
import type { Page, Problem, Row, ServerEvent } from '../types.ts'
import { renewed } from './renewed.ts'

/** How many rows come at once. */
const pageSize = 50

/** The list of one query: it stays as it is while new mail comes, until its reader wants that. */
export class MessageList {
  readonly query: string
  readonly rows = signal<readonly Row[] | undefined>(undefined)
  /** What came since, newest first, and is not shown yet. */
  readonly fresh = signal<readonly Row[]>([])
  readonly problem = signal<Problem | undefined>(undefined)
  readonly more = signal(false)
  /** When the last message began that was looked at, where not all were. */
  readonly lookedUntil = signal<string | undefined>(undefined)
  #next: string | undefined
  #looking = false
  #lookAgain = false
  #pause: number | undefined

  constructor(query: string) {
    this.query = query
  }

  /** Reads the first rows. */
  async read(): Promise<void> {
    try {
      const page = await this.#ask(undefined)
      batch(() => {
        this.rows.value = page.data
        this.fresh.value = []
        this.problem.value = undefined
        this.#ended(page)
      })
    } catch (error) {
      this.problem.value = asProblem(error)
    }
  }

  /** Reads the next rows. */
  async readMore(): Promise<void> {
    if (this.#next === undefined) return
    try {
      const page = await this.#ask(this.#next)
      const known = new Set(this.rows.value?.map(({ id }) => id))
      batch(() => {
        const added = page.data.filter(({ id }) => !known.has(id))
        this.rows.value = [...(this.rows.value ?? []), ...added]
        this.#ended(page)
      })
    } catch (error) {
      this.problem.value = asProblem(error)
    }
  }

  /** Shows what came since. */
  show(): void {
    batch(() => {
      this.rows.value = [...this.fresh.value, ...(this.rows.value ?? [])]
      this.fresh.value = []
    })
  }

  /** Told what happened: looks again, once a second at most however much that is. */
  heard(events: readonly ServerEvent[]): void {
    if (events.length === 0) return
    this.#lookAgain = true
    if (this.#pause === undefined) void this.#look()
  }

  async #look(): Promise<void> {
    if (this.#looking || this.rows.value === undefined) return
    this.#looking = true
    this.#lookAgain = false
    try {
      this.#found(await this.#ask(undefined))
    } catch {
      // The list stays as it was; the stream says when the server is not there.
    }
    this.#looking = false
    this.#pause = window.setTimeout(() => {
      this.#pause = undefined
      if (this.#lookAgain) void this.#look()
    }, 1_000)
  }

  #found(page: Page<Row>): void {
    const rows = this.rows.value ?? []
    if (rows.length === 0) {
      batch(() => {
        this.rows.value = page.data
        this.#ended(page)
      })
      return
    }
    const known = new Set(rows.map(({ id }) => id))
    const first = rows[0]
    const added = page.data.filter((row) => {
      return !known.has(row.id) && first !== undefined && row.started_at >= first.started_at
    })
    batch(() => {
      if (!areSame(added, this.fresh.value)) this.fresh.value = added
      this.rows.value = renewed(rows, page.data)
    })
  }

  #ended(page: Page<Row>): void {
    this.#next = page.next ?? undefined
    this.more.value = page.has_more
    this.lookedUntil.value = page.searched_all === false ? (page.searched_until ?? '') : undefined
  }

  #ask(after: string | undefined): Promise<Page<Row>> {
    const words = new URLSearchParams({ limit: String(pageSize) })
    if (this.query !== '') words.set('q', this.query)
    if (after !== undefined) words.set('after', after)
    return ask(`/v1/messages?${words.toString()}`)
  }
}

function areSame(some: readonly Row[], others: readonly Row[]): boolean {
  return some.length === others.length && some.every(({ id }, at) => id === others[at]?.id)
}

let last: MessageList | undefined

/** The list of a query; the last one is still there for who comes back to it. */
export function listOf(query: string): MessageList {
  if (last?.query !== query || last.problem.value !== undefined) last = new MessageList(query)
  return last
}
