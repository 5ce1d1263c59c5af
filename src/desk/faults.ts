import { WaybillError } from '../base/error.ts'
import { nearest } from '../base/nearest.ts'
import type { FaultStage } from '../journey/steps.ts'
import { member, notMeant, type Operation } from './act.ts'

/** Something that is made to go wrong, to see what a program makes of it. */
export interface Fault {
  readonly stage: FaultStage
  /** In percent. */
  readonly probability: number
  /** What is answered, 400 to 599; `undefined`: as it would be anyway. */
  readonly code: number | undefined
  /** How long the answer waits. */
  readonly delayMs: number
  /** The connection is dropped instead of an answer. */
  readonly drop: boolean
}

/** Where a fault can be set: at the greeting, AUTH, MAIL FROM, RCPT TO, and the end of DATA. */
const faultStages: readonly FaultStage[] = ['connect', 'auth', 'sender', 'recipient', 'data']

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

  /** The first fault of a stage whose chance it is. */
  strike(stage: FaultStage): Fault | undefined {
    return this.#list.find((fault) => {
      return fault.stage === stage && this.#random() * 100 < fault.probability
    })
  }
}

/** What operations on faults need. */
export interface FaultsPart {
  readonly faults: Faults
}

/** A fault as JSON. */
export interface FaultView {
  readonly stage: FaultStage
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

function faultView({ stage, code, probability, delayMs, drop }: Fault): FaultView {
  return { stage, code: code ?? null, probability, delay_ms: delayMs, drop }
}

const most = { faults: 100, delayMs: 10 * 60_000 } as const

function readFaults(input: unknown): readonly Fault[] {
  const list = member(input, 'data')
  if (!Array.isArray(list)) throw notMeant('faults set', '"data" as a list')
  if (list.length > most.faults) throw notMeant('faults set', `at most ${most.faults} faults`)
  return list.map(readFault)
}

function readFault(input: unknown): Fault {
  const code = member(input, 'code') ?? undefined
  return madeFault({
    stage: String(member(input, 'stage')),
    code: code === undefined ? undefined : Number(code),
    probability: Number(member(input, 'probability') ?? 100),
    delayMs: Number(member(input, 'delay_ms') ?? 0),
    drop: member(input, 'drop') === true,
  })
}

/**
 * A fault of these parts.
 *
 * @throws WaybillError `usage` when there is no such fault
 */
function madeFault(parts: Omit<Fault, 'stage'> & { readonly stage: string }): Fault {
  const { code, probability, delayMs, drop } = parts
  const stage = faultStages.find((one) => one === parts.stage)
  if (stage === undefined) throw noStage(parts.stage)
  if (code !== undefined && !(Number.isInteger(code) && code >= 400 && code <= 599)) {
    throw wrong('A fault answers with a code of 400 to 599')
  }
  if (!(probability >= 0 && probability <= 100)) throw wrong('A chance is 0 to 100 percent')
  if (!(Number.isInteger(delayMs) && delayMs >= 0 && delayMs <= most.delayMs)) {
    throw wrong('An answer can wait for at most 10 minutes')
  }
  if (code !== undefined && drop) throw wrong('A fault answers or drops the connection, not both')
  if (code === undefined && delayMs === 0 && !drop) {
    throw wrong('A fault needs a code, a delay, or to drop the connection')
  }
  return { stage, code, probability, delayMs, drop }
}

function noStage(asked: string): WaybillError {
  const near = nearest(asked, faultStages)
  const hint = near === undefined ? `One of ${faultStages.join(', ')}.` : `Did you mean "${near}"?`
  return new WaybillError('usage', `There is no stage "${asked.slice(0, 50)}" for a fault.`, {
    hint,
  })
}

function wrong(text: string): WaybillError {
  return new WaybillError('usage', `${text}.`)
}

/**
 * Reads a fault as it is written on the command line: `STAGE:WHAT[:CHANCE]`, where WHAT is a code, a
 * time to wait (`2s`, `500ms`), both (`451+2s`), or `drop`, and CHANCE is in percent: `recipient:451:50`.
 *
 * @throws WaybillError `usage`
 */
export function parseFault(text: string): Fault {
  const [stage = '', what = '', chance = '100', ...more] = text.split(':')
  const words = what.split('+')
  const code = words.find((word) => /^\d{3}$/.test(word))
  const delay = words.map((word) => /^(\d{1,6})(ms|s)$/.exec(word)).find((found) => found !== null)
  const known = words.filter((word) => word === code || word === delay?.[0] || word === 'drop')
  const percent = /^(\d{1,3}(?:\.\d{1,3})?)%?$/.exec(chance)?.[1]
  if (more.length > 0 || known.length !== words.length || percent === undefined) {
    throw new WaybillError('usage', `"${text}" is no fault.`, {
      hint: 'STAGE:WHAT[:CHANCE], such as recipient:451, data:drop:10 or sender:421+2s:50',
    })
  }
  return madeFault({
    stage,
    code: code === undefined ? undefined : Number(code),
    probability: Number(percent),
    delayMs: Number(delay?.[1] ?? 0) * (delay?.[2] === 's' ? 1000 : 1),
    drop: words.includes('drop'),
  })
}
