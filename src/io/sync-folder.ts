import { open } from 'node:fs/promises'

/** Makes the names in a folder durable; replaced by tests, which cannot see a flush otherwise. */
export type SyncFolder = (path: string) => Promise<void>

/** Flushes a folder. On Windows folders cannot be opened, and need no flush. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
