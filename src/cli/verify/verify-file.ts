import { WaybillError } from '../../base/error.ts'
import { concat } from '../../base/octets.ts'
import { MessageInspection, type VerifiedParts } from '../../inspect/verify-answer.ts'
import type { EvidenceSources } from '../../inspect/verify-answer.ts'
import { unfoldedValue } from '../../message/field.ts'
import { HeaderReader, type MessageHeader } from '../../message/header-reader.ts'
import type { MailFile } from './mail-files.ts'

/** What the command line says of where the messages came from. */
export interface FileFacts {
  readonly ip: string | undefined
  readonly helo: string | undefined
  readonly mailFrom: string | undefined
  /** Unix seconds. */
  readonly now: number
}

/** The verdicts on a file, and what it is about. */
export interface VerifiedFile {
  readonly name: string
  readonly parts: VerifiedParts
  readonly from: string | undefined
  readonly subject: string | undefined
}

/** Headers of archives may be long, and are held in memory. */
const headerLimits = { maxOctets: 64_000_000, maxFields: 1_000_000 }

/** A message that cannot be read, and why, as a part of a sentence. */
export interface UnreadableFile {
  readonly name: string
  readonly problem: string
}

/** Verifies one message, reading it once and holding no more than its header. */
export async function verifyFile(
  file: MailFile,
  facts: FileFacts,
  world: EvidenceSources,
): Promise<VerifiedFile | UnreadableFile> {
  const { name, problem } = file
  if (problem !== undefined) return { name, problem }
  try {
    return await verify(file, facts, world)
  } catch (cause) {
    // One of many that cannot be opened does not keep the others from being verified.
    if (cause instanceof WaybillError) return { name, problem: cause.message }
    throw cause
  }
}

async function verify(
  file: MailFile,
  facts: FileFacts,
  world: EvidenceSources,
): Promise<VerifiedFile | UnreadableFile> {
  const { name } = file
  const reader = new HeaderReader(headerLimits)
  let begun: Begun | undefined
  let start: Uint8Array = new Uint8Array(0)
  for await (const chunk of file.chunks) {
    if (start.length < longestMark) {
      start = concat([start, chunk.subarray(0, longestMark)])
      const packing = packings.find(({ mark }) => mark.every((octet, at) => start[at] === octet))
      if (packing !== undefined) return { name, problem: `it is packed (${packing.name})` }
    }
    if (begun !== undefined) begun.inspection.body(chunk)
    else {
      const progress = reader.push(chunk)
      if (progress.type === 'problem') return { name, problem: 'its header is too long' }
      if (progress.type === 'header') begun = begin(progress, file, facts, world)
    }
  }
  if (begun === undefined) {
    const progress = reader.end()
    if (progress.type !== 'header') return { name, problem: 'its header is too long' }
    begun = begin(progress, file, facts, world)
  }
  const { header, inspection } = begun
  const [from, subject] = [valueOf(header, 'from'), valueOf(header, 'subject')]
  return { name, parts: await inspection.finish(), from, subject }
}

/** How packed files begin: whole mailboxes, and letters as Dovecot's mail_compress keeps them. */
const packings: readonly { readonly name: string; readonly mark: readonly number[] }[] = [
  { name: 'gzip', mark: [0x1f, 0x8b] },
  { name: 'zstd', mark: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: 'xz', mark: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0] },
  { name: 'lz4', mark: [0x04, 0x22, 0x4d, 0x18] },
  { name: 'bzip2', mark: [0x42, 0x5a, 0x68, 0x39, 0x31, 0x41] },
  { name: 'zip', mark: [0x50, 0x4b, 3, 4] },
]
const longestMark = 6

interface Begun {
  readonly header: MessageHeader
  readonly inspection: MessageInspection
}

function begin(
  { header, body }: { readonly header: MessageHeader; readonly body: Uint8Array },
  file: MailFile,
  { ip, helo = '', mailFrom, now }: FileFacts,
  world: EvidenceSources,
): Begun {
  // What a delivering server wrote down is a claim; it is only taken when the caller vouches for ip.
  const path = mailFrom ?? returnPath(header) ?? file.sender ?? ''
  const sender = ip === undefined ? undefined : { ip, helo, mailFrom: path }
  const { receiver } = world
  const inspection = new MessageInspection(sender, { resolver: world.resolver(), receiver, now })
  inspection.header(header)
  inspection.body(body)
  return { header, inspection }
}

/** RFC 5321 §4.4: the reverse-path, as the last server has it written down. */
function returnPath(header: MessageHeader): string | undefined {
  const value = valueOf(header, 'return-path')
  return value === undefined ? undefined : /<([^<>]*)>/.exec(value)?.[1]
}

function valueOf(header: MessageHeader, name: string): string | undefined {
  const field = header.fields.find((one) => one.name === name)
  return field === undefined ? undefined : unfoldedValue(field)
}
