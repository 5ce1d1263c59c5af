import type { RecordToPublish } from '../../desk/dns-records.ts'
import { print } from '../output.ts'

/** Records as a zone file has them, each below its reason. */
export function printRecords(records: readonly RecordToPublish[]): void {
  for (const record of records) print(recordText(record))
}

/** What is not known is a comment, like its reason. */
function recordText({ name, type, value, reason }: RecordToPublish): string {
  const record = `${name}. ${type} ${value === '' ? '(unknown)' : value}`
  return `; ${reason}\n${value === '' ? '; ' : ''}${record}`
}
