import { WaybillError } from '../base/error.ts'
import { type Operation, member, notMeant, textMember } from './act.ts'

/** A situation, as it is told before it happens. */
export interface SituationView {
  readonly name: string
  readonly title: string
  readonly outcome: string
  readonly question: string
  readonly experiment: string
}

/** What became of a situation. */
export interface Happened {
  readonly situation: string
  /** Of the first journey. */
  readonly outcome: string
  /** The receiving one first, then the sending one, then others. */
  readonly journeys: readonly {
    readonly id: string
    readonly site: string
    readonly direction: 'in' | 'out'
  }[]
}

/** The lab's clock. */
export interface LabTime {
  readonly now: string
  /** How much it is ahead of the real one. */
  readonly ahead_ms: number
}

/** All records of one type at one name. */
export interface ZoneRecord {
  readonly name: string
  readonly type: string
  /** As in a zone file: `10 mx.south.example`. None: there is no such record. */
  readonly values: readonly string[]
}

/** What can be done with a lab that runs. */
export interface LabDesk {
  readonly situations: readonly SituationView[]
  /** @throws WaybillError `not-found` */
  happen(name: string): Promise<Happened>
  readonly time: LabTime
  advance(ms: number): void
  readonly records: readonly ZoneRecord[]
  /** @throws WaybillError `usage` for a value that cannot be read */
  putRecord(record: ZoneRecord): void
  resetZone(): void
  /** Zones, faults and greylisting as in the beginning, and every message gone. */
  reset(): Promise<void>
}

/** What operations on the lab need. */
export interface LabPart {
  readonly lab: LabDesk
}

const nothing = (): undefined => undefined

/** What can happen there. */
export const labSituations: Operation<LabPart, undefined, readonly SituationView[]> = {
  name: 'lab situations',
  read: nothing,
  run: ({ lab }) => Promise.resolve(lab.situations),
}

/** Lets a situation happen in the lab that runs. */
export const labHappen: Operation<LabPart, string, Happened> = {
  name: 'lab send',
  read: (input) => textMember('lab send', input, 'name'),
  run: ({ lab }, name) => lab.happen(name),
  tell: (name) => ({ situation: name }),
}

/** What time it is there. */
export const labClock: Operation<LabPart, undefined, LabTime> = {
  name: 'lab clock',
  read: nothing,
  run: ({ lab }) => Promise.resolve(lab.time),
}

const mostAheadMs = 366 * 86_400_000

/** Sets the clock ahead: what waits until then happens at once. */
export const labAdvance: Operation<LabPart, number, LabTime> = {
  name: 'lab advance',
  read(input) {
    const ms = member(input, 'advance_ms')
    if (typeof ms === 'number' && Number.isInteger(ms) && ms > 0 && ms <= mostAheadMs) return ms
    throw new WaybillError('usage', 'The clock can be set ahead by 1 ms to 366 days at once.', {
      hint: 'It never goes back: what has happened has happened.',
    })
  },
  run({ lab }, ms) {
    lab.advance(ms)
    return Promise.resolve(lab.time)
  },
  tell: (ms) => ({ advance_ms: ms }),
}

/** What the lab's DNS says. */
export const labRecords: Operation<LabPart, undefined, readonly ZoneRecord[]> = {
  name: 'lab dns',
  read: nothing,
  run: ({ lab }) => Promise.resolve(lab.records),
}

/** Puts records in place of those of their name and type; no values take them away. */
export const labPutRecord: Operation<LabPart, ZoneRecord, readonly ZoneRecord[]> = {
  name: 'lab dns put',
  read(input) {
    const values = member(input, 'values')
    if (!Array.isArray(values)) throw notMeant('lab dns put', '"values", a list of texts')
    return {
      name: textMember('lab dns put', input, 'name'),
      type: textMember('lab dns put', input, 'type'),
      values: values.map(String),
    }
  },
  run({ lab }, record) {
    lab.putRecord(record)
    return Promise.resolve(lab.records)
  },
  tell: (record) => ({ ...record }),
}

/** Puts the zones back as they were in the beginning. */
export const labResetZone: Operation<LabPart, undefined, readonly ZoneRecord[]> = {
  name: 'lab dns reset',
  read: nothing,
  run({ lab }) {
    lab.resetZone()
    return Promise.resolve(lab.records)
  },
  tell: () => ({}),
}

/** Makes the lab as it was in the beginning. */
export const labReset: Operation<LabPart, undefined, null> = {
  name: 'lab reset',
  read: nothing,
  async run({ lab }) {
    await lab.reset()
    return null
  },
  tell: () => ({}),
}
