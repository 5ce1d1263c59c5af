import { parseRecord } from './record.ts'
import type { ParsedRecord } from './record.ts'

const maxRecords = 256
const maxCharacters = 1000

/**
 * Records already read, by their text. The same few policies answer for most of a server's mail,
 * and reading one costs more than evaluating it. What is kept follows from the text alone, so no
 * result depends on it; 256 records of at most 1,000 characters bound the memory.
 */
const known = new Map<string, ParsedRecord>()

/** `parseRecord`, remembered. */
export function readRecord(text: string): ParsedRecord {
  const found = known.get(text)
  if (found !== undefined) return found
  const parsed = parseRecord(text)
  if (text.length > maxCharacters) return parsed
  if (known.size >= maxRecords) {
    // The oldest goes; a policy in use is soon back.
    for (const oldest of known.keys()) {
      known.delete(oldest)
      break
    }
  }
  known.set(text, parsed)
  return parsed
}
