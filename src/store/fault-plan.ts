/** Decides which steps fail, for tests that place a fault at every step in turn. */
export interface FaultPlan {
  /** To be called at each step; throws when this is one that fails. */
  readonly step: () => void
  /** From the `step`-th step on, counted from now, every one fails. */
  readonly failFrom: (step: number) => void
  /** Only the `step`-th one fails. */
  readonly failOnce: (step: number) => void
  /** Ends the faults, and tells whether there was one. */
  readonly heal: () => boolean
}

export function faultPlan(fault: () => Error): FaultPlan {
  let count = 0
  let [first, last] = [Infinity, Infinity]
  let failed = false
  const plan = (from: number, to: number): void => {
    count = 0
    failed = false
    first = from
    last = to
  }
  return {
    step() {
      count++
      if (count < first || count > last) return
      failed = true
      throw fault()
    },
    failFrom: (step) => plan(step, Infinity),
    failOnce: (step) => plan(step, step),
    heal() {
      first = Infinity
      return failed
    },
  }
}
