import { WaybillError } from '../base/error.ts'
import { concat } from '../base/octets.ts'
import { HeaderReader, type MessageHeader } from '../message/header-reader.ts'
import type { OpenMessage } from '../store/ports/contents.ts'
import type { ReadPorts } from '../store/reads.ts'

/**
 * The octets of a journey's message, opened.
 *
 * @throws WaybillError `not-found` when the message is not kept (any more)
 */
export async function openKept(
  reads: ReadPorts,
  messageId: string | undefined,
  id: string,
): Promise<OpenMessage> {
  const message = messageId === undefined ? undefined : await reads.messages.open(messageId)
  if (message !== undefined) return message
  throw new WaybillError('not-found', `The message of ${id} is not kept.`, {
    hint: 'Its journey is: what was decided stays when the octets go.',
  })
}

/** The same, read whole. */
export async function readKept(
  reads: ReadPorts,
  messageId: string | undefined,
  id: string,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of (await openKept(reads, messageId, id)).chunks()) chunks.push(chunk)
  return concat(chunks)
}

/** Its header alone: of a long message no more is read than that. */
export async function readKeptHeader(
  reads: ReadPorts,
  messageId: string | undefined,
  id: string,
): Promise<MessageHeader> {
  const chunks = (await openKept(reads, messageId, id)).chunks()
  const reader = new HeaderReader({ maxOctets: Infinity, maxFields: Infinity })
  for await (const chunk of chunks) {
    const progress = reader.push(chunk)
    if (progress.type === 'header') return progress.header
  }
  const all = reader.end()
  if (all.type !== 'header') throw new Error('http: a header without limits had a problem')
  return all.header
}
