import { WaybillError } from '../base/error.ts'
import { badBundle, type BundleHead, type JourneyLine, octetsIn } from '../bundle/bundle-lines.ts'
import { BundleReader } from '../bundle/bundle-reader.ts'
import { ReadLetters } from '../bundle/letters.ts'
import { hashesOf, type JourneyRecord, readRecord } from '../journey/record.ts'
import { type JourneyView, viewJourney } from '../journey/view.ts'
import { octetContent, openStored } from '../store/message-ranges.ts'
import type { ReplayableJourney } from './replays.ts'

/** A journey out of a bundle, which can be shown and replayed. */
export interface BundledJourney extends ReplayableJourney {
  readonly view: JourneyView
  /** Addresses are hashed and its letter is gone: no verdict can be derived again. */
  readonly redacted: boolean
}

/** Octets of letters that are held while a bundle is looked at. */
const mostLetterOctets = 256 << 20
/** Ids that are told when several may be meant. */
const toldIds = 8

/**
 * Reads a bundle to its end and gives one journey of it.
 *
 * @param which the beginning or the end of its id; absent where there is one alone
 * @throws WaybillError `usage` for what is no bundle, or when it is not clear which; `not-found`
 */
export async function openBundled(
  lines: AsyncIterable<string>,
  which = '',
): Promise<BundledJourney> {
  const reader = new BundleReader()
  const letters = new ReadLetters(mostLetterOctets)
  const ids: string[] = []
  let count = 0
  let head: BundleHead | undefined
  let found: { readonly line: JourneyLine; readonly facts: ReadonlyMap<string, string> } | undefined
  for await (const text of lines) {
    const event = reader.push(text)
    if (event.type === 'head') head = event.head
    else if (event.type === 'message') letters.begin(event.message)
    else if (event.type === 'octets') letters.push(event.octets)
    else if (event.type === 'whole') letters.whole(event.sha256)
    else if (event.type === 'journey') {
      const { journey, facts } = event
      if (!journey.id.startsWith(which) && !journey.id.endsWith(which)) continue
      count++
      if (ids.length < toldIds) ids.push(journey.id)
      if (count === 1) found = { line: journey, facts }
    }
  }
  reader.end()
  if (found === undefined) {
    const what = which === '' ? 'no journey in this bundle' : `no journey "${which}" in this bundle`
    throw new WaybillError('not-found', `There is ${what}.`)
  }
  if (count > 1) {
    throw new WaybillError('usage', `There are ${count} such journeys in this bundle.`, {
      hint: `Name one of them behind the file: ${ids.join(', ')}`,
    })
  }
  return openLine(found.line, found.facts, { letters, redacted: head?.redacted === true })
}

function openLine(
  line: JourneyLine,
  known: ReadonlyMap<string, string>,
  { letters, redacted }: { readonly letters: ReadLetters; readonly redacted: boolean },
): BundledJourney {
  const { record, facts, view } = readJourneyLine(line, known)
  const letter = line.message === null ? undefined : letters.get(line.message)
  const open = (id: string) => {
    if (letter === undefined || letter.message.id !== id) return Promise.resolve(undefined)
    const { message, octets } = letter
    const prefix = octetsIn(message.prefix)
    const stored = { id, contentSize: message.size, prefix, omit: message.omit }
    return Promise.resolve(openStored({ ...stored, read: octetContent(() => octets) }))
  }
  return {
    record,
    facts,
    view,
    stored: { messageId: line.message ?? undefined },
    reader: { messages: { open } },
    redacted,
  }
}

/**
 * What a line says of a journey, seen to be one that every view can show.
 *
 * @throws WaybillError `usage`
 */
export function readJourneyLine(
  line: JourneyLine,
  known: ReadonlyMap<string, string>,
): {
  readonly record: JourneyRecord
  readonly facts: ReadonlyMap<string, string>
  readonly view: JourneyView
} {
  const { id, status, summary, message } = line
  try {
    const record = readRecord(line.record, line.appended)
    if (!isRecordOf(record, id)) throw badRecord(id)
    const hashes = hashesOf(record.steps)
    const facts = new Map(
      hashes.flatMap((hash) => {
        const json = known.get(hash)
        return json === undefined ? [] : [[hash, json] as const]
      }),
    )
    const current = { status, summary, messageId: message ?? undefined }
    const view = viewJourney(record, facts, current)
    // A record of ours comes through every view; one that somebody wrote by hand may not.
    JSON.stringify(view)
    return { record, facts, view }
  } catch (problem) {
    if (problem instanceof WaybillError) throw problem
    // Whatever is wrong with the shape of a stranger's record, it is the record that is wrong.
    throw badRecord(id, problem)
  }
}

/** Whether what the store files a journey by is of the kind that it must be. */
function isRecordOf(record: JourneyRecord, id: string): boolean {
  const { envelope, direction } = record
  const texts: readonly unknown[] = [
    record.host,
    record.subject,
    record.messageId,
    record.author ?? '',
    envelope.ip,
    envelope.helo,
    envelope.mailFrom,
    envelope.login ?? '',
    ...envelope.rcptTo,
  ]
  return (
    record.schema === 'waybill.record/1' &&
    record.id === id &&
    (direction === 'in' || direction === 'out') &&
    Number.isSafeInteger(record.startedAt) &&
    texts.every((text) => typeof text === 'string')
  )
}

function badRecord(id: string, cause?: unknown): WaybillError {
  const problem = badBundle(`a journey ${id} whose record cannot be read`)
  return cause === undefined ? problem : new WaybillError('usage', problem.message, { cause })
}
