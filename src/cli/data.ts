import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { WaybillError } from '../base/error.ts'
import { hashesOf, readRecord } from '../journey/facts.ts'
import type { JourneyRecord } from '../journey/record.ts'
import { type JourneyView, viewJourney } from '../journey/view.ts'
import { dataFolder } from '../store/data-folder.ts'
import { openStoreReader } from '../store/sqlite-reader.ts'
import type { FoundJourney, JourneyRow, StoredJourney, StoreReader } from '../store/store.ts'

/** Where data is when nothing is said: `npm start` keeps it beside the clone. */
export const defaultData = './.waybill'

/** The stores below a data folder: the live server's own, or the two of the lab. */
export class Stores {
  readonly #readers: readonly StoreReader[]
  /** Whether these are the stores of the lab. */
  readonly isLab: boolean

  /** @throws WaybillError `not-found` when there is no data yet */
  constructor(folder: string) {
    const runs = join(folder, 'runs')
    const places = [folder, runs].flatMap((one) => [one, join(one, 'north'), join(one, 'south')])
    const found = places.filter((place) => existsSync(dataFolder(place).database))
    if (found.length === 0) {
      throw new WaybillError('not-found', `There is no mail data in ${folder}.`, {
        hint: 'Start a server first (npm start), or name its folder with --data.',
      })
    }
    this.isLab = found.some((place) => place !== folder)
    this.#readers = found.map((place) => openStoreReader({ folder: place }))
  }

  get readers(): readonly StoreReader[] {
    return this.#readers
  }

  close(): void {
    for (const reader of this.#readers) reader.close()
  }

  /** Newest first, of all stores. */
  list(limit: number): readonly JourneyRow[] {
    return this.#readers
      .flatMap((reader) => reader.listJourneys({ limit }))
      .sort((a, b) => b.startedAt - a.startedAt)
      .slice(0, limit)
  }

  /**
   * A journey by `last`, `last:2`, or a part of its id.
   *
   * @throws WaybillError `not-found`, and `usage` when several journeys are meant
   */
  find(ref: string): OpenJourney {
    if (ref.length < 4) {
      throw new WaybillError('usage', `"${ref}" is too short: an id wants at least 4 characters.`)
    }
    const last = /^last(?::(\d{1,6}))?$/.exec(ref)
    const wanted =
      last === null ? ref : this.list(Number(last[1] ?? 1))[Number(last[1] ?? 1) - 1]?.id
    const answers = wanted === undefined ? [] : this.#lookUp(wanted)
    const found = answers.flatMap(({ reader, answer }) => {
      return answer.type === 'found' ? [{ reader, journey: answer.journey }] : []
    })
    const ids = answers.flatMap(({ answer }) => {
      if (answer.type === 'ambiguous') return answer.ids
      return answer.type === 'found' ? [answer.journey.id] : []
    })
    const [first] = found
    if (first !== undefined && ids.length === 1) return openJourney(first.reader, first.journey)
    if (ids.length > 1) {
      throw new WaybillError('usage', `"${ref}" is the beginning or the end of several ids.`, {
        hint: `One of: ${ids.slice(0, 8).join(', ')}`,
      })
    }
    throw new WaybillError('not-found', `There is no journey "${ref}".`, {
      hint: 'waybill list shows the last ones; 4 characters of an id are enough.',
    })
  }

  #lookUp(ref: string): readonly { readonly reader: StoreReader; readonly answer: FoundJourney }[] {
    return this.#readers.map((reader) => ({ reader, answer: reader.findJourney(ref) }))
  }
}

/** A journey with all that is needed to show it and to replay it. */
export interface OpenJourney {
  readonly reader: StoreReader
  readonly stored: StoredJourney
  readonly record: JourneyRecord
  readonly facts: ReadonlyMap<string, string>
  readonly view: JourneyView
}

export function openJourney(reader: StoreReader, stored: StoredJourney): OpenJourney {
  const record = readRecord(stored.json, stored.appended)
  const facts = reader.sharedFacts(hashesOf(record.steps))
  return { reader, stored, record, facts, view: viewJourney(record, facts, stored) }
}
