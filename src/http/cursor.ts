import { WaybillError } from '../base/error.ts'
import type { ArchivedRow } from '../desk/archives.ts'

/** The last id that was seen of each archive, by its name. */
export type Seen = ReadonlyMap<string, string>

/** Where a list goes on behind these rows: text that means nothing to anybody else. */
export function cursorBehind(rows: readonly ArchivedRow[], seen: Seen): string {
  const last = new Map(seen)
  for (const { site, id } of rows) last.set(site, id)
  return writeCursor(last)
}

/** A cursor of what was seen. */
export function writeCursor(seen: Seen): string {
  return Buffer.from(JSON.stringify(Array.from(seen))).toString('base64url')
}

/** @throws WaybillError `usage` for what no list has given */
export function readCursor(text: string): Seen {
  const seen = new Map<string, string>()
  for (const pair of decoded(text)) {
    const [site, id]: readonly unknown[] = Array.isArray(pair) ? pair : []
    if (typeof site !== 'string' || typeof id !== 'string') throw noCursor()
    seen.set(site, id)
  }
  return seen
}

function decoded(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (Array.isArray(value) && value.length <= 16) return value
  } catch {
    // Said below.
  }
  throw noCursor()
}

function noCursor(): WaybillError {
  return new WaybillError('usage', '"after" is no cursor that a list has given.', {
    hint: 'Take "next" of the answer before, as it is, or leave "after" away.',
  })
}
