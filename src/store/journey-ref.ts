/** How a person names a journey: by its place in the list, or by a piece of its id. */
export type JourneyRef =
  /** 1 is the newest. */
  | { readonly type: 'newest'; readonly place: number }
  /** The whole id, or with at least `minRefLength` characters its start or its end. */
  | { readonly type: 'id'; readonly id: string; readonly mayBePart: boolean }

/** Fewer characters would fit too many journeys by chance. */
export const minRefLength: number = 4

/** How many ids an ambiguous reference lists at most. */
export const maxAmbiguous: number = 10

/** Reads `last`, `last:2`, or an id or a piece of one. Upper and lower case are the same. */
export function parseJourneyRef(ref: string): JourneyRef {
  const trimmed = ref.trim()
  const last = /^last(?::([1-9]\d{0,8}))?$/i.exec(trimmed)
  if (last !== null) return { type: 'newest', place: Number(last[1] ?? '1') }
  return { type: 'id', id: trimmed, mayBePart: trimmed.length >= minRefLength }
}
