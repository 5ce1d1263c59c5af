import type { Archive } from '../desk/archives.ts'
import { readChanges } from '../hooks/read-change.ts'
import type { Change, Gap } from '../store/ports/changes.ts'
import type { Seen } from './cursor.ts'
import { cursorOf, EventPlace } from './event-place.ts'
import { gapIn, type ToldEvent, toldEvent } from './told-event.ts'

/** A part of what happened, the oldest first. */
export interface EventPage {
  readonly events: readonly ToldEvent[]
  readonly next: string
  readonly more: boolean
}

/** So many changes are looked at for one page at most, however few of them are asked for. */
const mostLookedAt = 2000
/** Of so many commits the store is asked at one time. */
const commitsAtOnce = 100

/** What happened behind a place, as far as it is remembered, without waiting for more. */
export async function pageOfEvents(
  all: readonly Archive[],
  wanted: {
    readonly seen: Seen
    readonly limit: number
    readonly isWanted: (event: ToldEvent) => boolean
  },
): Promise<EventPage> {
  const { seen, limit, isWanted } = wanted
  // Without a place it begins with the oldest that is remembered.
  const places = new Map(all.map(({ name }) => [name, EventPlace.of(seen.get(name) ?? '0', 0)]))
  const events: ToldEvent[] = []
  let looked = 0
  for (const archive of all) {
    const place = places.get(archive.name) ?? EventPlace.of('0', 0)
    for await (const change of rememberedBehind(archive, place.number ?? 0)) {
      if (events.length >= limit || looked >= mostLookedAt) {
        return { events, next: cursorOf(places), more: true }
      }
      looked++
      place.number = change.number
      const told = await eventsOf(archive, change, place)
      events.push(...told.filter((event) => event.view.type === 'gap' || isWanted(event)))
    }
  }
  return { events, next: cursorOf(places), more: false }
}

async function* rememberedBehind(
  { reads }: Archive,
  number: number,
): AsyncGenerator<Change | Gap, void> {
  for (let after = number; ; ) {
    const page = await reads.changesBehind({ after, limit: commitsAtOnce })
    if (page.forgotten !== undefined) yield { type: 'gap', number: page.forgotten }
    yield* page.changes
    if (!page.more) return
    after = page.through
  }
}

async function eventsOf(
  { name, reads }: Archive,
  change: Change | Gap,
  { untold }: EventPlace,
): Promise<readonly ToldEvent[]> {
  if (change.type === 'gap') return [gapIn(name)]
  const read = await readChanges(reads, [change], untold)
  return read.flatMap(({ events }) => events.map((event) => toldEvent(event, name)))
}
