import { closeSync, fsyncSync, openSync } from 'node:fs'

/** Makes the names in a folder durable; replaced by tests, which cannot see a flush otherwise. */
export type SyncFolder = (path: string) => void

/** Flushes a folder: a new file is lost with its name otherwise. */
export function syncFolder(path: string): void {
  // Windows can neither open nor flush a folder; NTFS journals names on its own.
  if (process.platform === 'win32') return
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
