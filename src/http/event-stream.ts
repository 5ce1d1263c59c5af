import type { Archive } from '../desk/archives.ts'
import { readChanges, type ReadChange } from '../hooks/read-change.ts'
import type { Change, ChangeType, Gap } from '../store/ports/changes.ts'
import type { Seen } from './cursor.ts'
import { cursorOf, type EventPlace, placesOf } from './event-place.ts'
import { type Feed, NextChanges } from './next-changes.ts'
import { gapIn, type ToldEvent, toldEvent } from './told-event.ts'

/** Of these changes events are made. */
const changesTold: readonly ChangeType[] = ['journey', 'queue', 'act']

/** What happens is told in heaps, at most one in so much time: one read and one write for many. */
export const heapMs = 100

/** What of all that happens somebody wants to hear, and until when. */
export interface EventsWanted {
  readonly seen: Seen
  readonly now: number
  readonly signal: AbortSignal
  /** Letters in one heap at most; of what is left out a gap is told. Absent: all. */
  readonly mostAtOnce?: number
}

/** Something to tell. */
export interface FedEvents {
  readonly cursor: string
  readonly events: readonly ToldEvent[]
}

/**
 * What happens in all archives: the first at once, and under load a heap ten times a second. A slow
 * reader holds nothing up but its own stream. `silence` when only the connection is to be kept.
 */
export async function* followEvents(
  all: readonly Archive[],
  { seen, now, signal, mostAtOnce = Infinity }: EventsWanted,
): AsyncGenerator<FedEvents | 'silence', void> {
  const names = all.map(({ name }) => name)
  const places = placesOf(names, seen, now)
  const feeds = all.flatMap((archive) => openFeed(archive, places.get(archive.name)?.number))
  const next = new NextChanges(feeds, signal)
  try {
    // Who goes on, and had heard nothing of an archive yet, cannot know what was missed of it.
    const news = feeds.filter(({ archive }) => seen.size > 0 && !seen.has(archive.name))
    const gaps = news.map(({ archive }) => gapIn(archive.name))
    if (gaps.length > 0) yield { cursor: cursorOf(places), events: gaps }
    for (;;) {
      const heap = await next.take()
      if (heap === 'over') return
      if (heap === 'silence') {
        yield heap
        continue
      }
      const events: ToldEvent[] = []
      for (const archive of all) {
        const place = places.get(archive.name)
        const changes = heap.filter((one) => one.archive === archive).map(({ change }) => change)
        if (place === undefined || changes.length === 0) continue
        place.number = changes.at(-1)?.number
        events.push(...(await eventsIn(archive, changes, { place, mostAtOnce })))
      }
      if (events.length > 0) yield { cursor: cursorOf(places), events }
      await untilNextHeap(signal)
    }
  } finally {
    for (const { changes } of feeds) await changes.return?.()
  }
}

function untilNextHeap(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const goOn = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', goOn)
      resolve()
    }
    const timer = setTimeout(goOn, heapMs)
    signal.addEventListener('abort', goOn)
    if (signal.aborted) goOn()
  })
}

function openFeed(archive: Archive, after: number | undefined): readonly Feed[] {
  if (archive.changes === undefined) return []
  const from = after === undefined ? {} : { after }
  return [{ archive, changes: archive.changes({ only: changesTold, ...from }) }]
}

/** What changes are about, as it is now. */
async function eventsIn(
  { name, reads }: Archive,
  changes: readonly (Change | Gap)[],
  { place, mostAtOnce }: { readonly place: EventPlace; readonly mostAtOnce: number },
): Promise<readonly ToldEvent[]> {
  const { told, leftOut } = newest(onlyOnce(changes), mostAtOnce)
  const gap = told.some(({ type }) => type === 'gap')
  const events = gap || leftOut > 0 ? [gapIn(name, leftOut)] : []
  const known = told.filter((change) => change.type !== 'gap')
  for (const read of await readChanges(reads, known, place.untold)) {
    events.push(...toldOf(read, name))
  }
  return events
}

/** A journey, or the queue, that changes twice in a heap is looked at once. */
function onlyOnce(changes: readonly (Change | Gap)[]): readonly (Change | Gap)[] {
  const things = new Map<string, Change | Gap>()
  for (const change of changes) {
    const about = change.type === 'journey' ? change.id : change.type === 'act' ? change.act : ''
    const key = `${change.type} ${about}`
    if (!things.has(key)) things.set(key, change)
  }
  return Array.from(things.values())
}

/** The last of the letters, as many as are wanted, and all that is none. */
function newest(
  changes: readonly (Change | Gap)[],
  most: number,
): { readonly told: readonly (Change | Gap)[]; readonly leftOut: number } {
  const letters = changes.filter(({ type }) => type === 'journey').length
  const leftOut = Math.max(0, letters - most)
  let passed = 0
  const told = changes.filter(({ type }) => type !== 'journey' || ++passed > leftOut)
  return { told, leftOut }
}

function toldOf({ change, events }: ReadChange, site: string): readonly ToldEvent[] {
  if (change.type === 'queue') return [{ view: { type: 'queue.changed', site } }]
  if (events.length > 0) return events.map((event) => toldEvent(event, site))
  // It has other steps than those that are events, or was told already.
  if (change.type !== 'journey') return []
  return [{ view: { type: 'message.changed', id: change.id, site } }]
}
