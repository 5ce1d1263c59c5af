import { constants, crc32, gunzipSync, gzip, inflateRawSync } from 'node:zlib'
import { codeOf } from '../base/error.ts'
import { formOf, type ReportFile } from '../report/report-mail.ts'
import { quoted } from '../report/report-problem.ts'
import {
  archiveProblem,
  defaultUnpackLimits,
  roomFor,
  tooLarge,
  type UnpackedReports,
  type UnpackLimits,
} from './unpack-limits.ts'
import { encryptedArchive, readZipDirectory, type ZipEntry } from './zip-directory.ts'
import { unzipFromFront } from './zip-front.ts'

/**
 * Unpacks a gzip file or zip archive within limits. Archives in archives are refused. Never throws:
 * an archive that is broken, encrypted or too large is a problem.
 */
export async function unpackReport(
  file: ReportFile,
  limits: UnpackLimits = defaultUnpackLimits,
): Promise<UnpackedReports> {
  const form = formOf(file.octets)
  // One that unpacks itself begins with a program.
  const isZip = form === 'zip' || (form === 'unknown' && /\.zip$/i.test(file.name))
  const unpacked =
    form === 'gzip' ? gunzip(file, limits) : isZip ? await unzip(file, limits) : undefined
  if (unpacked === undefined) return { files: [file], problems: [] }
  const nested = unpacked.files.filter(({ octets }) => isArchive(octets))
  return {
    files: unpacked.files.filter(({ octets }) => !isArchive(octets)),
    problems: [
      ...unpacked.problems,
      ...nested.map(({ name }) => {
        return archiveProblem(`${quoted(name)} is an archive in an archive, which is not unpacked.`)
      }),
    ],
  }
}

/** Packs a report to be sent, beside the thread that asks. The same octets give the same file. */
export function gzipReport(octets: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    gzip(octets, { level: 9 }, (problem, packed) => {
      if (problem === null) resolve(packed)
      else reject(problem)
    })
  })
}

function isArchive(octets: Uint8Array): boolean {
  const form = formOf(octets)
  return form === 'gzip' || form === 'zip'
}

function gunzip({ name, octets }: ReportFile, limits: UnpackLimits): UnpackedReports {
  const inner = name.replace(/\.(?:gz|gzip)$/i, '')
  const maxOutputLength = roomFor(octets.length, limits)
  const packed = withoutBlankEnd(octets)
  const whole = inflate(() => gunzipSync(packed, { maxOutputLength }))
  if (whole.type === 'done') return { files: [{ name: inner, octets: whole.octets }], problems: [] }
  if (whole.type === 'too-large') return { files: [], problems: [tooLarge(maxOutputLength)] }
  const content = packed.subarray(gzipHeaderLength(packed))
  const first = inflateContent(content, maxOutputLength)
  if (first.type === 'too-large') return { files: [], problems: [tooLarge(maxOutputLength)] }
  const problem = archiveProblem(
    first.type === 'done' ? gzipTrouble(first) : 'The gzip file is broken or not whole.',
  )
  const files = first.octets.length > 0 ? [{ name: inner, octets: first.octets }] : []
  return { files, problems: [problem] }
}

/** RFC 1952 §2.3.1: checksum and length of the content stand behind it. */
function gzipTrouble({ octets, rest }: Content & { type: 'done' }): string {
  if (rest.length < 8) return 'The gzip file is not whole: its end is missing.'
  const view = new DataView(rest.buffer, rest.byteOffset, 8)
  const right = view.getUint32(0, true) === crc32(octets)
  if (!right) return 'The gzip file has a wrong checksum: it was damaged or changed on its way.'
  if (view.getUint32(4, true) !== octets.length >>> 0) {
    return 'The gzip file says another length than it has: it was damaged or changed on its way.'
  }
  return 'The gzip file has something else behind its end.'
}

/** Packed content unpacked: all of it with what stands behind it, or what there is of it. */
type Content =
  | { readonly type: 'done'; readonly octets: Uint8Array; readonly rest: Uint8Array }
  | { readonly type: 'broken'; readonly octets: Uint8Array }
  | { readonly type: 'too-large' }

interface InflateInfo {
  readonly buffer: Uint8Array
  readonly engine: { readonly bytesWritten: number }
}

function inflateContent(content: Uint8Array, maxOutputLength: number): Content {
  let used = 0
  const whole = inflate(() => {
    // With `info` Node gives the engine too, which knows how much it took; its types do not.
    const answer: unknown = inflateRawSync(content, { maxOutputLength, info: true })
    const { buffer, engine } = answer as InflateInfo
    used = engine.bytesWritten
    return buffer
  })
  if (whole.type === 'done') return { ...whole, rest: content.subarray(used) }
  if (whole.type === 'too-large') return { type: 'too-large' }
  // What there is of a file that was cut off.
  const finishFlush = constants.Z_SYNC_FLUSH
  const start = inflate(() => inflateRawSync(content, { maxOutputLength, finishFlush }))
  if (start.type === 'too-large') return { type: 'too-large' }
  if (start.type === 'done') return { type: 'broken', octets: start.octets }
  return { type: 'broken', octets: new Uint8Array(0) }
}

type Inflated =
  | { readonly type: 'done'; readonly octets: Uint8Array }
  | { readonly type: 'too-large' | 'broken' }

function inflate(unpack: () => Uint8Array): Inflated {
  try {
    return { type: 'done', octets: unpack() }
  } catch (error) {
    const code = String(codeOf(error))
    if (code === 'ERR_BUFFER_TOO_LARGE') return { type: 'too-large' }
    if (code.startsWith('Z_')) return { type: 'broken' }
    throw error
  }
}

/**
 * Some put a line end behind the file before they encode it, and zlib takes it for another member.
 * The last octet of a gzip file is the highest of its length (RFC 1952 §2.3.1): below 144 MiB it is
 * never one of these.
 */
function withoutBlankEnd(octets: Uint8Array): Uint8Array {
  let end = octets.length
  while (end > 0 && /[\t\n\r ]/.test(String.fromCharCode(octets[end - 1] ?? 0))) end--
  return octets.subarray(0, end)
}

/** RFC 1952 §2.3. */
function gzipHeaderLength(octets: Uint8Array): number {
  const flags = octets[3] ?? 0
  let at = 10
  if ((flags & 4) !== 0) at += 2 + (octets[at] ?? 0) + ((octets[at + 1] ?? 0) << 8)
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue
    while (at < octets.length && octets[at] !== 0) at++
    at++
  }
  return at + ((flags & 2) === 0 ? 0 : 2)
}

/** Folders and what else is passed over. */
const maxEntries = 1000
const maxProblems = 20

/**
 * Unpacks the files that the archive's directory names, whatever stands before them. An archive that
 * was cut off has none: then its entries are read from the front.
 */
async function unzip(file: ReportFile, limits: UnpackLimits): Promise<UnpackedReports> {
  const { entries, problem } = await readZipDirectory(file.octets, maxEntries)
  const cutOff = problem !== undefined && problem !== encryptedArchive
  if (entries.length === 0 && cutOff) return unzipFromFront(file, { limits, problem })
  const files: ReportFile[] = []
  const problems =
    problem === undefined ? [] : [archiveProblem(`The zip archive is not read wholly: ${problem}.`)]
  let left = limits.maxOctets
  for (const entry of entries.filter(isFile)) {
    if (files.length >= limits.maxFiles) {
      problems.push(archiveProblem(`The zip archive has more than ${limits.maxFiles} files.`))
      break
    }
    const unpacked = unpackEntry(entry, { ...limits, maxOctets: left })
    problems.push(...unpacked.problems)
    files.push(...unpacked.files)
    left -= unpacked.files.reduce((sum, { octets }) => sum + octets.length, 0)
    if (unpacked.problems.some(({ code }) => code === 'too-large')) break
  }
  if (files.length === 0 && problems.length === 0) {
    problems.push(archiveProblem('The zip archive is empty.'))
  }
  return { files, problems: problems.slice(0, maxProblems) }
}

/** Folders, and what macOS puts beside each file. */
function isFile({ name }: { readonly name: string }): boolean {
  return !name.endsWith('/') && !name.startsWith('__MACOSX/')
}

function unpackEntry(entry: ZipEntry, limits: UnpackLimits): UnpackedReports {
  const { name, method, encrypted, packed, checksum } = entry
  const no = (text: string): UnpackedReports => ({ files: [], problems: [archiveProblem(text)] })
  if (encrypted) return no(`${quoted(name)} is encrypted.`)
  if (method !== 0 && method !== 8)
    return no(`${quoted(name)} is packed in a way that is not known here.`)
  if (packed === undefined) return no(`${quoted(name)} is not where the zip archive says.`)
  const room = method === 0 ? limits.maxOctets : roomFor(packed.length, limits)
  const content: Content =
    method === 8
      ? inflateContent(packed, room)
      : packed.length > room
        ? { type: 'too-large' }
        : { type: 'done', octets: packed, rest: new Uint8Array(0) }
  if (content.type === 'too-large') return { files: [], problems: [tooLarge(room)] }
  const { octets } = content
  const files = octets.length === 0 ? [] : [{ name, octets }]
  if (content.type === 'broken') {
    return { files, problems: [archiveProblem(`${quoted(name)} is broken or not whole.`)] }
  }
  if (crc32(octets) === checksum) {
    return octets.length === 0 ? no(`${quoted(name)} is empty.`) : { files, problems: [] }
  }
  const text = `${quoted(name)} has a wrong checksum: it was damaged or changed on its way.`
  return { files, problems: [archiveProblem(text)] }
}
