/** How far something under way is asked to end; each goes further than the one before. */
export type EndStage =
  /** Nobody asks. */
  | 'go-on'
  /** Finish what is begun, begin nothing more. */
  | 'begin-nothing'
  /** Break off what is not done, but wait for an answer that decides whether it is. */
  | 'wait-for-answer'
  /** Break off everything. */
  | 'at-once'

const stages: readonly EndStage[] = ['go-on', 'begin-nothing', 'wait-for-answer', 'at-once']

/**
 * The wish that something under way comes to its end, held by who wishes and seen by who works. It
 * only ever goes further.
 */
export class Ending {
  #stage: EndStage = 'go-on'
  #why = ''
  readonly #watchers = new Set<() => void>()

  get stage(): EndStage {
    return this.#stage
  }

  /** The reason of the last wish, to stand behind "because": `this server was stopped`. */
  get why(): string {
    return this.#why
  }

  /** Asks for more than before; asking for less changes nothing. */
  ask(stage: EndStage, why: string): void {
    if (stages.indexOf(stage) <= stages.indexOf(this.#stage)) return
    this.#stage = stage
    this.#why = why
    for (const watcher of Array.from(this.#watchers)) watcher()
  }

  /** Calls `fn` at each further wish. The returned function ends that. */
  watch(fn: () => void): () => void {
    this.#watchers.add(fn)
    return () => this.#watchers.delete(fn)
  }
}
