import { type Entry, fromBufferPromise, getFileNameLowLevel, type ZipFile } from 'yauzl'

/** A file as the directory of a zip archive has it. */
export interface ZipEntry {
  readonly name: string
  /** 0 is stored, 8 is DEFLATE. */
  readonly method: number
  readonly encrypted: boolean
  /** CRC-32 of the content. */
  readonly checksum: number
  /** The packed octets; `undefined` when they are not where the directory says. */
  readonly packed: Uint8Array | undefined
}

/** The problem of an archive whose directory itself is encrypted. */
export const encryptedArchive = 'it is encrypted'

/** What the directory names, and why that is not all. */
export interface ZipDirectory {
  readonly entries: readonly ZipEntry[]
  /** A part of a sentence; `undefined` when all of it was read. */
  readonly problem: string | undefined
}

/**
 * Reads the directory at the end of a zip archive, which alone says where each file is and how long:
 * what stands before the files may leave both open. Octets before the archive (a program that
 * unpacks itself) and behind it (a line end, a signature) are stepped over.
 */
export async function readZipDirectory(
  octets: Uint8Array,
  maxEntries: number,
): Promise<ZipDirectory> {
  const archive = archiveIn(octets)
  if (archive === undefined) return { entries: [], problem: 'it has no directory at its end' }
  const entries: ZipEntry[] = []
  try {
    const options = { decodeStrings: false, validateEntrySizes: false } as const
    const zip = await fromBufferPromise(Buffer.from(archive.buffer), options)
    for await (const entry of zip.eachEntry()) {
      if (entries.length >= maxEntries) {
        return { entries, problem: `it has more than ${maxEntries} entries` }
      }
      entries.push(await zipEntry(entry, zip, archive))
    }
  } catch (error) {
    // Whatever yauzl throws is about the archive: it does nothing but read it.
    return { entries, problem: told(error) }
  }
  return { entries, problem: undefined }
}

async function zipEntry(entry: Entry, zip: ZipFile, archive: Uint8Array): Promise<ZipEntry> {
  const { generalPurposeBitFlag: flags, fileNameRaw, extraFields, compressedSize } = entry
  const start = await zip
    .readLocalFileHeaderPromise(entry, { minimal: true })
    .then(({ fileDataStart }) => fileDataStart)
    .catch(() => undefined)
  return {
    name: getFileNameLowLevel(flags, fileNameRaw, extraFields, false),
    method: entry.compressionMethod,
    encrypted: entry.isEncrypted(),
    checksum: entry.crc32,
    packed: start === undefined ? undefined : archive.subarray(start, start + compressedSize),
  }
}

const endSignature = 0x06054b50
const endOctets = 22
const end64Signature = 0x06064b50
const end64Octets = 56
const locator64Signature = 0x07064b50
const locator64Octets = 20
const entrySignature = 0x02014b50

/** Places in an archive count from its beginning, which need not be that of the file. */
function archiveIn(octets: Uint8Array): Uint8Array | undefined {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length)
  const at = endRecord(octets, view)
  if (at === undefined) return undefined
  const locator = at - locator64Octets
  const is64 = locator >= 0 && view.getUint32(locator, true) === locator64Signature
  const end = is64 ? locator - end64Octets : at
  // Whether the directory ends right before its end record; the 64-bit one may have a tail of its own.
  const isEnd64 = is64 && end >= 0 && view.getUint32(end, true) === end64Signature
  const size = isEnd64 ? number64(view, end + 40) : view.getUint32(at + 12, true)
  const said = isEnd64 ? number64(view, end + 48) : view.getUint32(at + 16, true)
  const before = end - size - said
  const asSaid = said + 4 <= octets.length && view.getUint32(said, true) === entrySignature
  const start = before > 0 && !asSaid && (!is64 || isEnd64) ? before : 0
  // Without its comment, which is of no use and often of another length than the record says.
  // A copy also of a Buffer, whose slice is the same memory.
  const archive = new Uint8Array(octets.subarray(start, at + endOctets))
  archive.fill(0, archive.length - 2)
  return archive
}

/** The last end record: what is behind it may be a comment or what a mailer put there. */
function endRecord(octets: Uint8Array, view: DataView): number | undefined {
  for (let at = octets.length - endOctets; at >= 0; at--) {
    if (octets[at] === 0x50 && view.getUint32(at, true) === endSignature) return at
  }
  return undefined
}

function number64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
}

/** yauzl's sentences begin in small letters and are for programmers. */
function told(error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  if (/encryption/.test(message)) return encryptedArchive
  if (/multi-disk/.test(message)) return 'it is one part of several'
  return `its directory is broken (${message})`
}
