import { WaybillError } from '../base/error.ts'
import { hashesOf, type JourneyRecord, readRecord } from '../journey/record.ts'
import type { JourneyFilter } from '../journey/filter.ts'
import { type JourneyView, viewJourney } from '../journey/view.ts'
import type { RetryPolicy } from '../queue/schedule.ts'
import type { Query } from '../search/query.ts'
import type { MessageSearch } from '../search/index/search-thread.ts'
import { type FoundMessages, scan } from '../search/scan.ts'
import { parseJourneyRef } from '../store/journey-ref.ts'
import type { ActPort } from '../store/ports/acts.ts'
import type { ChangePort } from '../store/ports/changes.ts'
import type { FoundJourney, JourneyRow, StoredJourney } from '../store/ports/journeys.ts'
import type { MailboxPort } from '../store/ports/mailboxes.ts'
import type { ReadPorts } from '../store/reads.ts'
import type { QueuePart } from './queue.ts'
import type { TurnsPart } from './item-turns.ts'
import type { SitesPart } from './queue-sites.ts'
import type { StandingPart } from './standing.ts'
import type { DownStatus } from './status.ts'

/** One store of journeys and messages, by the name of its server. */
export interface Archive {
  /** `north` and `south` in the lab; empty where there is one server alone. */
  readonly name: string
  readonly reads: ReadPorts
  /** Absent where nothing may be changed. */
  readonly mailboxes?: Pick<MailboxPort, 'remove' | 'setFlags'>
  /** Looks for messages in it with an index, where there is one. */
  readonly search?: MessageSearch['search']
  /** When what waits in it is tried again; absent: as usual. */
  readonly retry?: RetryPolicy
  /** Where nothing is sent to for a while; absent where nothing goes out. */
  readonly down?: () => readonly DownStatus[]
  /** What keeps the mail of these destinations; absent where nothing goes out. */
  readonly standing?: StandingPart['standing']
  /** Where these items are that its server has taken; absent where nothing goes out. */
  readonly turns?: TurnsPart['turns']
  /** Which mail servers these destinations lead to; absent where nothing goes out. */
  readonly sites?: SitesPart['sites']
  /** What is committed in it, where it can be followed. */
  readonly changes?: ChangePort['changes']
  /** What people may do there; absent where nothing goes out. */
  readonly desk?: {
    readonly desk: QueuePart
    readonly acts: Pick<ActPort, 'put'>
    readonly now: () => number
  }
}

/** A journey with all that is needed to show it and to replay it. */
export interface OpenJourney {
  readonly archive: Archive
  readonly reader: ReadPorts
  readonly stored: StoredJourney
  readonly record: JourneyRecord
  readonly facts: ReadonlyMap<string, string>
  readonly view: JourneyView
}

/** A row of a list, and whose it is. */
export interface ArchivedRow extends JourneyRow {
  readonly site: string
}

/** A part of a list. */
export interface ListedRows {
  readonly rows: readonly ArchivedRow[]
  /** `false`: older ones were not looked at. */
  readonly searchedAll: boolean
  /** When the last of them began that was looked at, where not all were. */
  readonly searchedUntil?: number
}

/** The journeys of one server, or of the two of the lab, as one list. */
export class Archives {
  readonly all: readonly Archive[]

  constructor(all: readonly Archive[]) {
    this.all = all
  }

  /** The messages that a query finds, of all archives; as `list` otherwise. */
  async search(
    limit: number,
    query: Query,
    behind: ReadonlyMap<string, string> = new Map(),
  ): Promise<ListedRows> {
    if (query.terms.length === 0) return await this.list(limit, query.filter, behind)
    const searches = this.all.map(async ({ name, reads, search }) => {
      const last = behind.get(name)
      const page = last === undefined ? { limit } : { limit, behind: last }
      return { name, ...((await search?.(query, page)) ?? (await scan(reads, query, page))) }
    })
    return merged(await Promise.all(searches), limit)
  }

  /**
   * The journeys that the filter lets through, of all archives, those written last first.
   *
   * @param behind the last id of each archive that was seen already: for paging
   */
  async list(
    limit: number,
    filter: JourneyFilter = {},
    behind: ReadonlyMap<string, string> = new Map(),
  ): Promise<ListedRows> {
    const searches = this.all.map(async ({ name, reads }) => {
      const last = behind.get(name)
      const after = last === undefined ? {} : { behind: last }
      return { name, ...(await reads.journeys.search({ filter, limit, ...after })) }
    })
    return merged(await Promise.all(searches), limit)
  }

  /**
   * A journey by `last`, `last:2`, a part of its id, a pasted reference, or its Message-ID.
   *
   * @throws WaybillError `not-found`, and `usage` when several journeys are meant
   */
  async find(ref: string): Promise<OpenJourney> {
    const { archive, stored } = await this.locate(ref)
    return { archive, ...(await openJourney(archive.reads, stored)) }
  }

  /** The same, without reading what the record says. */
  async locate(ref: string): Promise<Pick<OpenJourney, 'archive' | 'reader' | 'stored'>> {
    if (ref.trim().length < 4) {
      throw new WaybillError('usage', `"${ref}" is too short: an id wants at least 4 characters.`)
    }
    const parsed = parseJourneyRef(ref)
    const wanted =
      parsed.type === 'newest' ? (await this.list(parsed.place)).rows[parsed.place - 1]?.id : ref
    const answers = wanted === undefined ? [] : await this.#lookUp(wanted)
    const found = answers.flatMap(({ archive, answer }) => {
      return answer.type === 'found' ? [{ archive, journey: answer.journey }] : []
    })
    const ids = answers.flatMap(({ answer }) => {
      if (answer.type === 'ambiguous') return answer.ids
      return answer.type === 'found' ? [answer.journey.id] : []
    })
    const [first] = found
    if (first !== undefined && ids.length === 1) {
      const { archive, journey } = first
      return { archive, reader: archive.reads, stored: journey }
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
    const asked = this.all.map(async (archive): Promise<Answer> => {
      return { archive, answer: await archive.reads.journeys.find(ref) }
    })
    return Promise.all(asked)
  }
}

interface Answer {
  readonly archive: Archive
  readonly answer: FoundJourney
}

function merged(
  found: readonly (FoundMessages & { readonly name: string })[],
  limit: number,
): ListedRows {
  const rows = found
    .flatMap(({ name, rows }) => rows.map((row) => ({ ...row, site: name })))
    .sort((a, b) => b.writtenAt - a.writtenAt)
    .slice(0, limit)
  const untils = found.flatMap(({ searchedUntil = [] }) => searchedUntil)
  const until = untils.length === 0 ? {} : { searchedUntil: Math.max(...untils) }
  return { rows, searchedAll: found.every(({ searchedAll }) => searchedAll), ...until }
}

/** Reads what the record of a journey says, and puts its shared DNS answers back. */
export async function openJourney(
  reader: ReadPorts,
  stored: StoredJourney,
): Promise<Omit<OpenJourney, 'archive'>> {
  const record = readRecord(stored.json, stored.appended)
  const facts = await reader.journeys.sharedFacts(hashesOf(record.steps))
  return { reader, stored, record, facts, view: viewJourney(record, facts, stored) }
}
