import { Untold } from '../hooks/untold.ts'
import { type Seen, writeCursor } from './cursor.ts'

/** A journey may be written down so much later than it happened. */
const slackMs = 5 * 60_000
/** Clocks of one machine that are read one after the other. */
const instantMs = 1000

/** How far one archive was read: the number of a change, and what is told already by its time. */
export class EventPlace {
  readonly untold: Untold
  /** Of the last change that was read; `undefined`: none yet, and only what comes now is wanted. */
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

/** The places of several archives, by their names. */
export type EventPlaces = ReadonlyMap<string, EventPlace>

/** Where everybody goes on behind these places. */
export function cursorOf(places: EventPlaces): string {
  const seen: [string, string][] = []
  for (const [name, { text }] of places) if (text !== undefined) seen.push([name, text])
  return writeCursor(new Map(seen))
}

/** The places where somebody goes on who has seen so much of these archives. */
export function placesOf(names: readonly string[], seen: Seen, now: number): EventPlaces {
  return new Map(names.map((name) => [name, EventPlace.of(seen.get(name), now)]))
}
