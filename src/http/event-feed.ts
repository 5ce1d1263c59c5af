import type { Archive } from '../desk/archives.ts'
import { readChange } from '../hooks/read-change.ts'
import { Untold } from '../hooks/untold.ts'
import type { Change, ChangeType, Gap } from '../store/ports/changes.ts'
import { type Seen, writeCursor } from './cursor.ts'
import { type Feed, NextChange } from './next-change.ts'
import { gapIn, type ToldEvent, toldEvent } from './told-event.ts'

/** Of these changes events are made. */
const changesTold: readonly ChangeType[] = ['journey', 'queue', 'act']

/** A journey may be written down so much later than it happened. */
const slackMs = 5 * 60_000
/** Clocks of one machine that are read one after the other. */
const instantMs = 1000

/** How far one archive was read: the number of a change, and what is told already by its time. */
class EventPlace {
  readonly untold: Untold
  number: number | undefined

  private constructor(number: number | undefined, untold: Untold) {
    this.number = number
    this.untold = untold
  }

  /** The place behind which somebody goes on; `undefined`: with what happens from now on. */
  static of(text: string | undefined, now: number): EventPlace {
    const [, number, since] = /^(\d{1,15})(?:@(-?\d{1,15}))?$/.exec(text ?? '') ?? []
    if (number === undefined) return new EventPlace(undefined, new Untold(now - instantMs, slackMs))
    return new EventPlace(Number(number), new Untold(Number(since ?? 0), slackMs))
  }

  /** As a part of a cursor. */
  get text(): string | undefined {
    return this.number === undefined ? undefined : `${this.number}@${Math.floor(this.untold.since)}`
  }
}

/** The places of several archives. */
type EventPlaces = ReadonlyMap<string, EventPlace>

/** Where everybody goes on behind these places. */
function cursorOf(places: EventPlaces): string {
  const seen = Array.from(places).flatMap(([name, { text }]) => {
    return text === undefined ? [] : [[name, text] as const]
  })
  return writeCursor(new Map(seen))
}

/** Something to tell; `undefined` when only the connection is to be kept. */
export interface FedEvents {
  readonly cursor: string
  readonly events: readonly ToldEvent[]
}

/** What happens in all archives, as it comes; a slow reader holds nothing up but its own stream. */
export async function* followEvents(
  all: readonly Archive[],
  {
    seen,
    now,
    signal,
  }: { readonly seen: Seen; readonly now: number; readonly signal: AbortSignal },
): AsyncGenerator<FedEvents | 'silence', void> {
  const places = new Map(all.map(({ name }) => [name, EventPlace.of(seen.get(name), now)]))
  const feeds = all.flatMap((archive) => openFeed(archive, places.get(archive.name)?.number))
  const next = new NextChange(feeds, signal)
  try {
    // Who goes on, and had heard nothing of an archive yet, cannot know what was missed of it.
    const news = feeds.filter(({ archive }) => seen.size > 0 && !seen.has(archive.name))
    const gaps = news.map(({ archive }) => gapIn(archive.name))
    if (gaps.length > 0) yield { cursor: cursorOf(places), events: gaps }
    for (;;) {
      const got = await next.take()
      if (got === 'over') return
      if (got === 'silence') {
        yield got
        continue
      }
      const place = places.get(got.archive.name)
      if (place === undefined) continue
      place.number = got.change.number
      const events = await eventsIn(got.archive, got.change, place)
      if (events.length > 0) yield { cursor: cursorOf(places), events }
    }
  } finally {
    for (const { changes } of feeds) await changes.return?.()
  }
}

function openFeed(archive: Archive, after: number | undefined): readonly Feed[] {
  if (archive.changes === undefined) return []
  const from = after === undefined ? {} : { after }
  return [{ archive, changes: archive.changes({ only: changesTold, ...from }) }]
}

/** What a change is about, as it is now. */
async function eventsIn(
  { name, reads }: Archive,
  change: Change | Gap,
  { untold }: EventPlace,
): Promise<readonly ToldEvent[]> {
  if (change.type === 'gap') return [gapIn(name)]
  if (change.type === 'queue') return [{ view: { type: 'queue.changed', site: name } }]
  const events = await readChange(reads, change, untold)
  if (events.length > 0) return events.map((event) => toldEvent(event, name))
  // It has other steps than those that are events, or was told already.
  if (change.type !== 'journey') return []
  return [{ view: { type: 'message.changed', id: change.id, site: name } }]
}

/** A part of what happened, the oldest first. */
export interface EventPage {
  readonly events: readonly ToldEvent[]
  readonly next: string
  readonly more: boolean
}

/** So many changes are looked at for one page at most, however few of them are asked for. */
const mostLookedAt = 2000

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
  const places = new Map<string, EventPlace>()
  const events: ToldEvent[] = []
  let more = false
  for (const archive of all) {
    // Without a place it begins with the oldest that is remembered.
    const place = EventPlace.of(seen.get(archive.name) ?? '0', 0)
    places.set(archive.name, place)
    for (let looked = 0; ; ) {
      const left = limit - events.length
      if (left <= 0 || looked >= mostLookedAt) {
        more = true
        break
      }
      const page = await archive.reads.changesBehind({ after: place.number ?? 0, limit: 100 })
      if (page.forgotten !== undefined) events.push(gapIn(archive.name))
      let full = false
      for (const change of page.changes) {
        if (events.length >= limit) {
          full = true
          break
        }
        looked++
        place.number = change.number
        if (change.type !== 'journey' && change.type !== 'act') continue
        const found = await readChange(archive.reads, change, place.untold)
        events.push(...found.map((event) => toldEvent(event, archive.name)).filter(isWanted))
      }
      if (full) continue
      place.number = page.through
      if (!page.more) break
    }
  }
  return { events, next: cursorOf(places), more }
}
