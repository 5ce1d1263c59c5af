import { TextMemo } from '../base/text-memo.ts'
import { parseRecord } from './record.ts'
import type { ParsedRecord } from './record.ts'

/**
 * Records already read. The same few policies answer for most of a server's mail, and reading one
 * costs more than evaluating it.
 */
const known = new TextMemo(parseRecord, { maxTexts: 256, maxLength: 1000 })

/** `parseRecord`, remembered. */
export function readRecord(text: string): ParsedRecord {
  return known.get(text)
}
