import { WaybillError } from '../base/error.ts'
import { concat } from '../base/octets.ts'
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
