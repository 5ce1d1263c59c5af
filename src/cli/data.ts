import { join } from 'node:path'
import type { Command } from 'commander'
import { WaybillError } from '../base/error.ts'
import { readConfig } from '../config/config.ts'
import { hashesOf, readRecord } from '../journey/facts.ts'
import type { JourneyFilter } from '../journey/filter.ts'
import type { JourneyRecord } from '../journey/record.ts'
import { type JourneyView, viewJourney } from '../journey/view.ts'
import { dataFolder } from '../store/data-folder.ts'
import { isThere } from '../store/folder-access.ts'
import { parseJourneyRef } from '../store/journey-ref.ts'
import { openReadOnlyStore, type ReadOnlyStore } from '../store/sqlite/sqlite-reader.ts'
import type { ReadPorts } from '../store/reads.ts'
import type { FoundJourney, FoundJourneys, StoredJourney } from '../store/ports/journeys.ts'

/** Where data is when nothing is said: `npm start` keeps it beside the clone. */
export const defaultData = './.waybill'

/** The options of every command that reads data: which folder. */
export interface DataOptions {
  readonly data?: string
  readonly config?: string
}

/** What help says of `--data` and `--config`. */
export const dataWords: string = `the data folder (${defaultData} when nothing is said)`
export const configWords = "the data folder of this waybill.toml's server"

/** Adds `--data` and `--config` to a command that reads data. */
export function withDataOptions(command: Command): Command {
  return command.option('--data <folder>', dataWords).option('--config <file>', configWords)
}

/**
 * The folder that is meant.
 *
 * @throws WaybillError `usage` when two are named, `config-invalid` and `not-found` for the settings
 */
export function dataFolderOf({ data, config }: DataOptions): string {
  if (config === undefined) return data ?? defaultData
  if (data === undefined) return readConfig(config).data
  throw new WaybillError('usage', 'Either --data or --config, not both.')
}

/**
 * The folder itself, or the stores of a lab below it: whatever holds mail, or has held it.
 *
 * @throws WaybillError `not-found` when there is none, or when it may not be read
 */
export function storesIn(
  folder: string,
  hint = 'Name the right folder with --data, or its configuration with --config.',
): readonly string[] {
  const runs = join(folder, 'runs')
  const places = [folder, runs].flatMap((one) => [one, join(one, 'north'), join(one, 'south')])
  const found = places.filter((place) => {
    const data = dataFolder(place)
    return isThere(data) || isThere(data, data.content)
  })
  if (found.length > 0) return found
  throw new WaybillError('not-found', `There is no mail data in ${dataFolder(folder).root}.`, {
    hint,
  })
}

/** The stores below a data folder: the live server's own, or the two of the lab. */
export class Stores {
  readonly #readers: readonly ReadOnlyStore[]
  /** Whether these are the stores of the lab. */
  readonly isLab: boolean

  /** @throws WaybillError `not-found` when there is no data yet, or when it may not be read */
  constructor(folder: string) {
    const runs = join(folder, 'runs')
    const places = [folder, runs].flatMap((one) => [one, join(one, 'north'), join(one, 'south')])
    const found = places.filter((place) => isThere(dataFolder(place)))
    if (found.length === 0) {
      throw new WaybillError('not-found', `There is no mail data in ${dataFolder(folder).root}.`, {
        hint: 'Start a server first (npm start), or name its folder with --data or --config.',
      })
    }
    this.isLab = found.some((place) => place !== folder)
    this.#readers = found.map((place) => openReadOnlyStore({ folder: place }))
  }

  get readers(): readonly ReadPorts[] {
    return this.#readers
  }

  close(): void {
    for (const reader of this.#readers) reader.close()
  }

  /** The journeys that the filter lets through, of all stores, those written last first. */
  async list(limit: number, filter: JourneyFilter = {}): Promise<FoundJourneys> {
    const searches = this.#readers.map((reader) => reader.journeys.search({ filter, limit }))
    const all = await Promise.all(searches)
    const rows = all
      .flatMap((one) => one.rows)
      .sort((a, b) => b.writtenAt - a.writtenAt)
      .slice(0, limit)
    return { rows, searchedAll: all.every(({ searchedAll }) => searchedAll) }
  }

  /**
   * A journey by `last`, `last:2`, a part of its id, a pasted reference, or its Message-ID.
   *
   * @throws WaybillError `not-found`, and `usage` when several journeys are meant
   */
  async find(ref: string): Promise<OpenJourney> {
    const { reader, stored } = await this.locate(ref)
    return await openJourney(reader, stored)
  }

  /** The same, without reading what the record says. */
  async locate(ref: string): Promise<Pick<OpenJourney, 'reader' | 'stored'>> {
    if (ref.trim().length < 4) {
      throw new WaybillError('usage', `"${ref}" is too short: an id wants at least 4 characters.`)
    }
    const parsed = parseJourneyRef(ref)
    const wanted =
      parsed.type === 'newest' ? (await this.list(parsed.place)).rows[parsed.place - 1]?.id : ref
    const answers = wanted === undefined ? [] : await this.#lookUp(wanted)
    const found = answers.flatMap(({ reader, answer }) => {
      return answer.type === 'found' ? [{ reader, journey: answer.journey }] : []
    })
    const ids = answers.flatMap(({ answer }) => {
      if (answer.type === 'ambiguous') return answer.ids
      return answer.type === 'found' ? [answer.journey.id] : []
    })
    const [first] = found
    if (first !== undefined && ids.length === 1) {
      return { reader: first.reader, stored: first.journey }
    }
    if (ids.length > 1) {
      const what =
        parsed.type === 'message-id'
          ? 'the Message-ID of several journeys'
          : 'the beginning or the end of several ids'
      throw new WaybillError('usage', `"${ref}" is ${what}.`, {
        hint: `One of: ${ids.slice(0, 8).join(', ')}`,
      })
    }
    throw new WaybillError('not-found', `There is no journey "${ref}".`, {
      hint: 'waybill list shows the last ones; 4 characters of an id are enough.',
    })
  }

  #lookUp(ref: string): Promise<readonly Answer[]> {
    const asked = this.#readers.map(async (reader): Promise<Answer> => {
      return { reader, answer: await reader.journeys.find(ref) }
    })
    return Promise.all(asked)
  }
}

interface Answer {
  readonly reader: ReadPorts
  readonly answer: FoundJourney
}

/** A journey with all that is needed to show it and to replay it. */
export interface OpenJourney {
  readonly reader: ReadPorts
  readonly stored: StoredJourney
  readonly record: JourneyRecord
  readonly facts: ReadonlyMap<string, string>
  readonly view: JourneyView
}

export async function openJourney(reader: ReadPorts, stored: StoredJourney): Promise<OpenJourney> {
  const record = readRecord(stored.json, stored.appended)
  const facts = await reader.journeys.sharedFacts(hashesOf(record.steps))
  return { reader, stored, record, facts, view: viewJourney(record, facts, stored) }
}
