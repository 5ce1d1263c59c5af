import { pauseSentence, type PersonPause } from './pauses.ts'

/** A pause, for programs. */
export interface PauseJson {
  /** `all`, `destination example.com`, `source 192.0.2.1`. */
  of: string
  /** In a sentence. */
  sentence: string
  by: string
  door: string
  why: string
  added_at: string
  until: string | null
}

/** Puts it so. */
export function pauseJson(pause: PersonPause): PauseJson {
  const { key, by, door, why, addedAt, until } = pause
  return {
    of: key,
    sentence: pauseSentence(pause),
    by,
    door,
    why,
    added_at: new Date(addedAt).toISOString(),
    until: until === undefined ? null : new Date(until).toISOString(),
  }
}
