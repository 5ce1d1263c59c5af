import { batch, signal } from '@preact/signals'
import type { ServerEvent } from '../types.ts'

/** An event as a line of the log. */
export interface Line {
  readonly key: number
  readonly event: ServerEvent
  /** What it tells beside its kind, made once. */
  readonly details: string
}

/** So many lines are kept: who needs older ones asks the list. */
const mostLines = 150
/** Of two hundred events a second so many come in a tenth of one; a burst takes a few tenths more. */
const mostAtOnce = 20

/**
 * The newest lines of the log. However much comes, the page is drawn again a few times a second, each
 * time with a few lines more, so that nothing takes long enough to be felt.
 */
export class LogLines {
  /** The newest first. */
  readonly shown = signal<readonly Line[]>([])
  readonly paused = signal(false)
  /** How many came since it was paused. */
  readonly held = signal(0)
  readonly #later: (run: () => void) => void
  /** The oldest first; what would be pushed out at once is not kept. */
  #waiting: readonly Line[] = []
  #lastKey = 0
  #isAsked = false

  /** @param later runs something before the page is drawn, not more than ten times a second */
  constructor(later: (run: () => void) => void) {
    this.#later = later
  }

  heard(events: readonly ServerEvent[]): void {
    const fresh = events
      .filter(({ type }) => !type.startsWith('page.'))
      .map((event) => ({ key: ++this.#lastKey, event, details: detailsOf(event) }))
    this.#waiting = [...this.#waiting, ...fresh].slice(-mostLines)
    if (this.paused.value) this.held.value = this.#waiting.length
    else this.#next()
  }

  pause(): void {
    this.paused.value = true
  }

  goOn(): void {
    batch(() => {
      this.paused.value = false
      this.held.value = 0
    })
    this.#next()
  }

  #next(): void {
    if (this.#isAsked || this.#waiting.length === 0) return
    this.#isAsked = true
    this.#later(() => {
      this.#isAsked = false
      if (this.paused.value) return
      const some = this.#waiting.slice(0, mostAtOnce)
      this.#waiting = this.#waiting.slice(mostAtOnce)
      this.shown.value = [...some.toReversed(), ...this.shown.value].slice(0, mostLines)
      this.#next()
    })
  }
}

/** Whether a line has these words in it. */
export function fits({ event, details }: Line, wanted: string): boolean {
  if (wanted === '') return true
  const text = `${event.type} ${event.id ?? ''} ${event.site ?? ''} ${details}`
  return text.toLowerCase().includes(wanted.toLowerCase())
}

function detailsOf(event: ServerEvent): string {
  return Object.entries(event)
    .filter(([name]) => !['type', 'id', 'at', 'site', 'event'].includes(name))
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')
}
