import type { Fault } from '../desk/fault.ts'
import type { Faults } from '../desk/faults.ts'

/**
 * What goes wrong between the two servers while a situation lasts, beside the faults that people have
 * set: those hold for the ports of programs too.
 */
export class Trouble {
  readonly #others: Faults
  #fault: Fault | undefined
  #left = 0

  /** @param others those that people have set; they come behind */
  constructor(others: Faults) {
    this.#others = others
  }

  /** From now on this goes wrong; so often, where that is said. */
  begin(fault: Fault, times: number = Infinity): void {
    this.#fault = fault
    this.#left = times
  }

  end(): void {
    this.#fault = undefined
  }

  readonly strike: Faults['strike'] = (stage, fits) => {
    const fault = this.#fault
    if (fault?.stage !== stage || this.#left <= 0 || fits?.(fault) === false) {
      return this.#others.strike(stage, fits)
    }
    this.#left--
    return fault
  }
}
