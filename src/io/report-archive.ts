import { constants, gunzipSync, gzip, inflateRawSync } from 'node:zlib'
import { Unzip, type UnzipFile, UnzipInflate } from 'fflate'
import { concat } from '../base/octets.ts'
import { formOf, type ReportFile } from '../report/report-mail.ts'
import { quoted, type ReportProblem } from '../report/report-problem.ts'

/** How far an archive is unpacked. */
export interface UnpackLimits {
  /** Octets of everything in it. */
  readonly maxOctets: number
  /** Octets of a file in it for each packed octet; DEFLATE can make a thousand. */
  readonly maxRatio: number
  /** Below this the ratio does not matter: short texts of one word pack well. */
  readonly freeOctets: number
  readonly maxFiles: number
}

/** Reports of 50,000 records pack 40 to 1, and have 30 MB. */
export const defaultUnpackLimits: UnpackLimits = {
  maxOctets: 32 << 20,
  maxRatio: 200,
  freeOctets: 1 << 20,
  maxFiles: 10,
}

/** What came out of an archive, and what was wrong with it. */
export interface UnpackedReports {
  readonly files: readonly ReportFile[]
  readonly problems: readonly ReportProblem[]
}

/**
 * Unpacks a gzip file or zip archive within limits. Archives in archives are refused. Never throws:
 * an archive that is broken, encrypted or too large is a problem.
 */
export function unpackReport(
  file: ReportFile,
  limits: UnpackLimits = defaultUnpackLimits,
): UnpackedReports {
  const form = formOf(file.octets)
  const unpacked =
    form === 'gzip' ? gunzip(file, limits) : form === 'zip' ? unzip(file, limits) : undefined
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
  const first = inflate(() => inflateRawSync(content, { maxOutputLength }))
  if (first.type === 'done') {
    const problem = archiveProblem('The gzip file has something else behind its end.')
    return { files: [{ name: inner, octets: first.octets }], problems: [problem] }
  }
  // What there is of a file that was cut off.
  const finishFlush = constants.Z_SYNC_FLUSH
  const start = inflate(() => inflateRawSync(content, { maxOutputLength, finishFlush }))
  const problem = archiveProblem('The gzip file is broken or not whole.')
  const files =
    start.type === 'done' && start.octets.length > 0 ? [{ name: inner, octets: start.octets }] : []
  return { files, problems: [problem] }
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

/**
 * Reads the archive from its front, in slices, and stops as soon as a limit is met: what an archive
 * says of its sizes is a stranger's word.
 */
function unzip({ octets }: ReportFile, limits: UnpackLimits): UnpackedReports {
  const intake = new ZipIntake(limits)
  const reader = new Unzip((entry) => intake.begin(entry, octets.length))
  reader.register(UnzipInflate)
  try {
    for (let at = 0; at < octets.length && !intake.stopped; at += zipSlice) {
      const end = Math.min(at + zipSlice, octets.length)
      reader.push(octets.subarray(at, end), end === octets.length)
    }
  } catch (error) {
    intake.fail(error)
  }
  return intake.result()
}

/** One slice makes 16 MiB at the most. */
const zipSlice = 16_384
/** Folders and what else is passed over. */
const maxEntries = 1000

interface OpenEntry {
  readonly name: string
  readonly chunks: Uint8Array[]
  length: number
  state: 'open' | 'whole' | 'dropped'
}

class ZipIntake {
  readonly #limits: UnpackLimits
  readonly #entries: OpenEntry[] = []
  readonly #problems: ReportProblem[] = []
  #seen = 0
  #left: number
  #stopped = false

  constructor(limits: UnpackLimits) {
    this.#limits = limits
    this.#left = limits.maxOctets
  }

  get stopped(): boolean {
    return this.#stopped
  }

  begin(file: UnzipFile, archiveOctets: number): void {
    if (this.#stopped) return
    if (++this.#seen > maxEntries) {
      this.#stop(archiveProblem(`The zip archive has more than ${maxEntries} entries.`))
      return
    }
    if (file.name.endsWith('/') || file.name.startsWith('__MACOSX/')) return
    if (file.compression !== 0 && file.compression !== 8) {
      const text = `${quoted(file.name)} is packed in a way that is not known here.`
      this.#problems.push(archiveProblem(text))
      return
    }
    if (this.#entries.length >= this.#limits.maxFiles) {
      this.#stop(archiveProblem(`The zip archive has more than ${this.#limits.maxFiles} files.`))
      return
    }
    const entry: OpenEntry = { name: file.name, chunks: [], length: 0, state: 'open' }
    this.#entries.push(entry)
    const packed = Math.min(file.size ?? archiveOctets, archiveOctets)
    const room = roomFor(packed, this.#limits)
    file.ondata = (error, chunk, final) => {
      if (error !== null) this.#drop(entry, error)
      else if (entry.state === 'open') this.#take(entry, { chunk, final, room })
    }
    file.start()
  }

  fail(error: unknown): void {
    const open = this.#entries.find(({ state }) => state === 'open')
    this.#drop(open, error)
  }

  result(): UnpackedReports {
    const files = this.#entries.flatMap((entry) => {
      if (entry.state === 'dropped' || entry.length === 0) return []
      if (entry.state === 'open' && !this.#stopped) {
        this.#problems.push(archiveProblem(`${quoted(entry.name)} is not whole.`))
      }
      return [{ name: entry.name, octets: concat(entry.chunks) }]
    })
    if (files.length === 0 && this.#problems.length === 0) {
      this.#problems.push(archiveProblem('The zip archive is empty or broken.'))
    }
    return { files, problems: this.#problems.slice(0, 20) }
  }

  #take(
    entry: OpenEntry,
    piece: { readonly chunk: Uint8Array; readonly final: boolean; readonly room: number },
  ): void {
    const { chunk, final, room } = piece
    entry.length += chunk.length
    this.#left -= chunk.length
    if (entry.length > room || this.#left < 0) {
      entry.state = 'dropped'
      entry.chunks.length = 0
      this.#stop(tooLarge(Math.min(room, this.#limits.maxOctets)))
      return
    }
    if (chunk.length > 0) entry.chunks.push(chunk)
    if (final) entry.state = 'whole'
  }

  #drop(entry: OpenEntry | undefined, error: unknown): void {
    // fflate's errors have a number as their code; anything else is a fault of this program.
    if (!(error instanceof Error) || typeof codeOf(error) !== 'number') throw error
    if (entry !== undefined && entry.length === 0) entry.state = 'dropped'
    this.#stop(archiveProblem(`The zip archive cannot be unpacked: ${error.message}.`))
  }

  #stop(problem: ReportProblem): void {
    this.#problems.push(problem)
    this.#stopped = true
  }
}

function roomFor(packed: number, limits: UnpackLimits): number {
  return Math.min(limits.maxOctets, Math.max(limits.freeOctets, packed * limits.maxRatio))
}

function tooLarge(room: number): ReportProblem {
  const text = `It would unpack to more than ${room} octets, and was not.`
  return { code: 'too-large', where: '', text }
}

function archiveProblem(text: string): ReportProblem {
  return { code: 'archive', where: '', text }
}

/** zlib's errors have a word as their code, fflate's a number. */
function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}
