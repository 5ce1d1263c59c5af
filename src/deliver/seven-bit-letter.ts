import { type ConvertedStep, shownParts } from '../journey/converted-step.ts'
import { HeaderReader } from '../message/header-reader.ts'
import { PartReader } from '../mime/tree.ts'
import { type Edit, SevenBitPlanner, type SevenBitObstacle } from '../seven-bit/plan.ts'
import { SevenBitWriter } from '../seven-bit/writer.ts'
import type { OpenMessage } from '../store/ports/contents.ts'
import {
  ownSignatures,
  type SignedAgain,
  type SignerAgain,
  signerAgain,
  type SigningAgain,
} from './signed-again.ts'

/** A letter as it goes to a server without 8BITMIME. */
export interface SevenBitLetter {
  readonly type: 'letter'
  readonly size: number
  chunks(): AsyncIterable<Uint8Array>
  /** What was done; absent: it had seven bits already. */
  readonly told?: Omit<ConvertedStep, 'type' | 'host'>
}

/**
 * Converts a letter into one of seven bits, and signs it again where we had signed it: RFC 6376 §5.3
 * wants that done before signing, and a signature over the letter as it was is worth nothing behind it.
 * A signature of somebody else breaks, which is told: RFC 6376 §6.1 has a broken one count as none, and
 * a letter that arrives without one is better than one that does not arrive.
 *
 * The letter is read four times, in pieces: for its parts, for what is in them, for its signature, and
 * to be sent. Nothing of it is held but a header.
 */
export async function sevenBitLetter(
  message: OpenMessage,
  by: SigningAgain,
): Promise<SevenBitLetter | SevenBitObstacle> {
  const reader = new PartReader()
  for await (const chunk of message.chunks()) reader.push(chunk)
  const planner = new SevenBitPlanner(reader.end())
  for await (const chunk of message.chunks()) planner.push(chunk)
  const plan = planner.finish()
  if (plan.type === 'impossible') return plan
  const { edits, parts } = plan
  if (edits.length === 0) {
    return { type: 'letter', size: message.size, chunks: () => message.chunks() }
  }
  const own = ownSignatures(message.made.prefix)
  const { start } = own
  const end = start + own.octets
  const removed: Edit = { type: 'replace', start, end, octets: new Uint8Array(0) }
  const written = (): AsyncIterable<Uint8Array> => {
    return edited(message.chunks(), own.octets > 0 ? [removed, ...edits] : edits)
  }
  const { prefix, told, octets } = await signed(written(), own.fields, by)
  const size = prefix.length + octets
  return {
    type: 'letter',
    size,
    chunks: () => behind(prefix, written()),
    told: {
      parts: parts.slice(0, shownParts),
      converted: parts.length,
      octetsBefore: message.size,
      octetsAfter: size,
      ...told,
    },
  }
}

async function* edited(
  chunks: AsyncIterable<Uint8Array>,
  edits: readonly Edit[],
): AsyncGenerator<Uint8Array> {
  const writer = new SevenBitWriter(edits)
  for await (const chunk of chunks) {
    const octets = writer.push(chunk)
    if (octets.length > 0) yield octets
  }
  const rest = writer.end()
  if (rest.length > 0) yield rest
}

async function* behind(
  prefix: Uint8Array,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (prefix.length > 0) yield prefix
  yield* chunks
}

/** Its signatures, and how many octets there are below them. */
async function signed(
  chunks: AsyncIterable<Uint8Array>,
  own: Parameters<typeof signerAgain>[0],
  by: SigningAgain,
): Promise<SignedAgain & { readonly octets: number }> {
  const reader = new HeaderReader({ maxOctets: Infinity, maxFields: Infinity })
  let octets = 0
  let signer: SignerAgain | undefined
  const take = async (progress: ReturnType<HeaderReader['push']>): Promise<void> => {
    if (progress.type !== 'header') return
    signer = await signerAgain(own, progress.header.fields, by)
    signer.push(progress.body)
  }
  for await (const chunk of chunks) {
    octets += chunk.length
    if (signer !== undefined) signer.push(chunk)
    // A copy: the header is kept until its end has come.
    else await take(reader.push(chunk.slice()))
  }
  if (signer === undefined) await take(reader.end())
  if (signer === undefined) throw new Error('sevenBitLetter: a header without limits had a problem')
  return { ...(await signer.finish()), octets }
}
