import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { dataFolder } from '../data-folder.ts'

/**
 * Gives a damaged `hooks.db` another name, in the place of one that was damaged before.
 *
 * @returns that name
 */
export function putHookFileAside(folder: string): string {
  const { hooks } = dataFolder(folder)
  const name = 'hooks.db.damaged'
  const aside = join(dirname(hooks), name)
  for (const ending of ['', '-wal', '-shm']) {
    rmSync(`${aside}${ending}`, { force: true })
    if (existsSync(`${hooks}${ending}`)) renameSync(`${hooks}${ending}`, `${aside}${ending}`)
  }
  return name
}
