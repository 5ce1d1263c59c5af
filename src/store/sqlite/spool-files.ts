import { randomUUID } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** What the names of one thread's files in the spool begin with. */
export function spoolMark(number: number): string {
  return number.toString(16).padStart(8, '0')
}

/** A name for a new file in the spool: a UUID whose beginning says whose file it is. */
export function spoolName(mark: string): string {
  return `${mark}${randomUUID().slice(mark.length)}`
}

/** Whether a file is named as ours are; whatever else lies in the spool is not ours. */
export function isSpoolName(name: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)
}

/** Removes the files of a thread that is gone. What cannot be removed is swept at the next start. */
export function removeSpoolOf(mark: string, spool: string): void {
  try {
    const names = readdirSync(spool).filter((name) => isSpoolName(name) && name.startsWith(mark))
    for (const name of names) rmSync(join(spool, name), { force: true })
  } catch {
    // They are worth nothing, and not the writer's end.
  }
}
