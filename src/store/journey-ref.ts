import { bracketed } from '../journey/filter.ts'

/** How a person names a journey: by its place in the list, a piece of its id, or its Message-ID. */
export type JourneyRef =
  /** 1 is the newest. */
  | { readonly type: 'newest'; readonly place: number }
  /** The whole id, or with at least `minRefLength` characters its start or its end. */
  | { readonly type: 'id'; readonly id: string; readonly mayBePart: boolean }
  /** In its angle brackets. */
  | { readonly type: 'message-id'; readonly messageId: string }

/** Fewer characters would fit too many journeys by chance. */
const minRefLength: number = 4

/** How many ids an ambiguous reference lists at most. */
export const maxAmbiguous: number = 10

/**
 * Reads `last`, `last:2`, an id or a piece of one, a Message-ID, or what was pasted from a reply or
 * a report: `550 5.1.1 … Ref 1m850pzcnskvxaq9.` Upper and lower case are the same but in a Message-ID.
 */
export function parseJourneyRef(ref: string): JourneyRef {
  const trimmed = ref.trim()
  const last = /^last(?::([1-9]\d{0,8}))?$/i.exec(trimmed)
  if (last !== null) return { type: 'newest', place: Number(last[1] ?? '1') }
  const pasted = /(?:^|\s)Ref[ :]\s*([0-9a-z]{4,})\W*$/i.exec(trimmed)
  if (pasted !== null) return byId(pasted[1] ?? '')
  if (trimmed.includes('@')) {
    const bare = trimmed.replace(/^message-id:\s*/i, '')
    return { type: 'message-id', messageId: bracketed(bare) }
  }
  // What stood around it in a sentence or in quotes.
  return byId(trimmed.replace(/^["'(<[]+|["')>\].,;:]+$/g, ''))
}

function byId(id: string): JourneyRef {
  return { type: 'id', id, mayBePart: id.length >= minRefLength }
}
