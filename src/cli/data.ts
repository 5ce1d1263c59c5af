import { join, relative } from 'node:path'
import type { Command } from 'commander'
import { WaybillError } from '../base/error.ts'
import { readConfig } from '../config/config.ts'
import { type Archive, Archives } from '../desk/archives.ts'
import { searchReadOnly } from '../search/index/read-search.ts'
import { dataFolder, isThere } from '../store/data-folder.ts'
import { openReadOnlyStore, type ReadOnlyStore } from '../store/sqlite/sqlite-reader.ts'
import type { ReadPorts } from '../store/reads.ts'

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

/** What a command that is told to people has behind it, so that it finds the same data: ` --data x`. */
export function sameData({ data, config }: DataOptions): string {
  if (config !== undefined) return ` --config ${shellWord(config)}`
  return data === undefined || data === defaultData ? '' : ` --data ${shellWord(data)}`
}

/** A word of a command line, as a shell takes it for one. */
function shellWord(word: string): string {
  return /^[\w./:@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
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

/**
 * Whoever changes what is to happen with mail must mean a folder that has some: in a new one it would
 * say that it is done, and nothing would be.
 *
 * @throws WaybillError `not-found` when there is none, or when it may not be read; `usage` for the lab's
 */
export function mustHoldMail(folder: string): void {
  const { root, database, lock } = dataFolder(folder)
  // A server that starts has locked it before it makes the database.
  if ([database, lock].some((path) => isThere(dataFolder(folder), path))) return
  if (storesIn(folder).includes(folder)) return
  throw new WaybillError(
    'usage',
    `In ${root} is the mail of the lab alone, which stays as it is.`,
    {
      hint: 'Name the folder of a server with --data or --config.',
    },
  )
}

/** The stores below a data folder: the live server's own, or the two of the lab. */
export class Stores extends Archives {
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
    const readers = found.map((place) => openReadOnlyStore({ folder: place }))
    super(
      readers.map((reads, at) => {
        const place = found[at] ?? folder
        const search: Archive['search'] = (query, page) => searchReadOnly(place, query, page)
        return { name: relative(folder, place), reads, search }
      }),
    )
    this.isLab = found.some((place) => place !== folder)
    this.#readers = readers
  }

  get readers(): readonly ReadPorts[] {
    return this.#readers
  }

  close(): void {
    for (const reader of this.#readers) reader.close()
  }
}
