import { Ending, type EndStage } from '../base/ending.ts'

/** The batches that are under way, and how all of them are asked to end. */
export class UnderWay {
  readonly #all = new Map<Promise<void>, Ending>()

  /**
   * Begins one. `run` never rejects.
   *
   * @param over is called when it has ended
   */
  begin(run: (ending: Ending) => Promise<void>, over: () => void): void {
    const ending = new Ending()
    const running = run(ending).finally(() => {
      this.#all.delete(running)
      over()
    })
    this.#all.set(running, ending)
  }

  /** Asks all to end. `why` stands in the records of letters that end by it. */
  ask(stage: EndStage, why: string): void {
    for (const ending of this.#all.values()) ending.ask(stage, why)
  }

  /** Resolves when none is left. */
  async ended(): Promise<void> {
    while (this.#all.size > 0) await Promise.all(this.#all.keys())
  }
}
