import type { Result } from '../base/result.ts'
import { TextMemo } from '../base/text-memo.ts'
import { type DmarcRecord, parseDmarcRecord, type RecordRejection } from './record.ts'

type ReadRecord = Result<DmarcRecord, RecordRejection>

/** Each in both readings, as a message needs them; records are short. */
const limits = { maxTexts: 512, maxLength: 500 } as const
const bis = new TextMemo<ReadRecord>((text) => parseDmarcRecord(text), limits)
const old = new TextMemo<ReadRecord>((text) => parseDmarcRecord(text, 'rfc7489'), limits)

/** `parseDmarcRecord`, remembered. */
export function readDmarcRecord(text: string): ReadRecord {
  return bis.get(text)
}

/** The same for the reading of RFC 7489. */
export function readRfc7489Record(text: string): ReadRecord {
  return old.get(text)
}
