import { member, notMeant, type Operation } from './act.ts'
import { type Fault, type FaultPlace, type FaultWord, madeFault } from './fault.ts'

/** The faults that are set now. */
export class Faults {
  readonly #random: () => number
  #list: readonly Fault[]

  /** @param random numbers in [0, 1) */
  constructor(random: () => number, list: readonly Fault[] = []) {
    this.#random = random
    this.#list = list
  }

  get list(): readonly Fault[] {
    return this.#list
  }

  /** From now on these, and no others. */
  set(list: readonly Fault[]): void {
    this.#list = list
  }

  /**
   * The first fault of a stage whose chance it is.
   *
   * @param fits which of them are meant; all when not given
   */
  strike(stage: FaultPlace, fits: (fault: Fault) => boolean = () => true): Fault | undefined {
    return this.#list.find((fault) => {
      return fault.stage === stage && fits(fault) && this.#random() * 100 < fault.probability
    })
  }
}

/** What operations on faults need. */
export interface FaultsPart {
  readonly faults: Faults
}

/** A fault as JSON. */
export interface FaultView {
  readonly stage: FaultPlace
  /** What happens that is neither an answer nor the end of the connection. */
  readonly what: FaultWord | null
  readonly code: number | null
  readonly probability: number
  readonly delay_ms: number
  readonly drop: boolean
}

/** All faults that are set, as JSON. */
export interface FaultsView {
  readonly data: readonly FaultView[]
}

/** Which faults are set. */
export const faultsShow: Operation<FaultsPart, undefined, FaultsView> = {
  name: 'faults show',
  read: () => undefined,
  run: ({ faults }) => Promise.resolve(viewOf(faults)),
}

/** Sets these faults in place of all that were. */
export const faultsSet: Operation<FaultsPart, readonly Fault[], FaultsView> = {
  name: 'faults set',
  read: readFaults,
  run({ faults }, list) {
    faults.set(list)
    return Promise.resolve(viewOf(faults))
  },
  tell: (_list, view) => ({ ...view }),
}

function viewOf({ list }: Faults): FaultsView {
  return { data: list.map(faultView) }
}

function faultView({ stage, what, code, probability, delayMs, drop }: Fault): FaultView {
  return {
    stage,
    what: what ?? null,
    code: code ?? null,
    probability,
    delay_ms: delayMs,
    drop,
  }
}

/** Most faults that are set at a time. */
const mostFaults = 100

function readFaults(input: unknown): readonly Fault[] {
  const list = member(input, 'data')
  if (!Array.isArray(list)) throw notMeant('faults set', '"data" as a list')
  if (list.length > mostFaults) throw notMeant('faults set', `at most ${mostFaults} faults`)
  return list.map(readFault)
}

function readFault(input: unknown): Fault {
  const code = member(input, 'code') ?? undefined
  const what = member(input, 'what') ?? undefined
  return madeFault({
    stage: String(member(input, 'stage')),
    what: what === undefined || typeof what === 'string' ? what : JSON.stringify(what),
    code: code === undefined ? undefined : Number(code),
    probability: Number(member(input, 'probability') ?? 100),
    delayMs: Number(member(input, 'delay_ms') ?? 0),
    drop: member(input, 'drop') === true,
  })
}
