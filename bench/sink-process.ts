import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { atTheEnd, type Lifetime } from '../test/interop/clean-up.ts'
import type { SinkCount, SinkOrder } from './sink.ts'

/** A sink in a process of its own, whose work is nobody's. */
export class Sink {
  readonly #child = fork(fileURLToPath(new URL('sink.ts', import.meta.url)), [], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })

  constructor(bench: Lifetime) {
    atTheEnd(bench, () => this.#child.kill('SIGKILL'))
  }

  open(host: string, port: number): Promise<SinkCount> {
    return this.#ask({ type: 'open', host, port })
  }

  shut(): Promise<SinkCount> {
    return this.#ask({ type: 'shut' })
  }

  count(): Promise<SinkCount> {
    return this.#ask({ type: 'count' })
  }

  /**
   * Waits until it has so many letters.
   *
   * @throws Error when none comes for a minute
   */
  has(letters: number): Promise<void> {
    return this.#until('letters', letters)
  }

  /** The same, until it was asked for so many recipients. */
  wasAsked(recipients: number): Promise<void> {
    return this.#until('asked', recipients)
  }

  async #until(what: 'letters' | 'asked', wanted: number): Promise<void> {
    let last = -1
    let since = performance.now()
    for (;;) {
      const there = (await this.count())[what]
      if (there >= wanted) return
      if (there !== last) since = performance.now()
      last = there
      if (performance.now() - since > 60_000) {
        throw new Error(`the sink has ${there} (${what}) of ${wanted}, and no more come`)
      }
      await wait(20)
    }
  }

  async #ask(order: SinkOrder): Promise<SinkCount> {
    this.#child.send(order)
    const [answer]: SinkCount[] = await once(this.#child, 'message')
    if (answer === undefined) throw new Error('the sink does not answer')
    return answer
  }
}
