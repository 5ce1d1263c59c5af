import { codeOf } from '../base/error.ts'
import { Unzip, type UnzipFile, UnzipInflate } from 'fflate'
import { concat } from '../base/octets.ts'
import type { ReportFile } from '../report/report-mail.ts'
import { quoted, type ReportProblem } from '../report/report-problem.ts'
import {
  archiveProblem,
  roomFor,
  tooLarge,
  type UnpackedReports,
  type UnpackLimits,
} from './unpack-limits.ts'

/**
 * Unpacks what there is of a zip archive without a directory, which stands at its end: it was cut
 * off on its way. Reads from the front, in slices, and stops as soon as a limit is met.
 */
export function unzipFromFront(
  { octets }: ReportFile,
  { limits, problem }: { readonly limits: UnpackLimits; readonly problem: string },
): UnpackedReports {
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
  const { files, problems } = intake.result()
  const first = archiveProblem(`The zip archive is not whole: ${problem}.`)
  return {
    files,
    problems: [
      ...problems.filter(({ code }) => code === 'too-large'),
      first,
      ...problems.filter(({ code }) => code !== 'too-large'),
    ],
  }
}

/** One slice makes 16 MiB at the most. */
const zipSlice = 16_384
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
