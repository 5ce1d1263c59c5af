import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The letters of a Maildir; none where there is none yet. */
export async function filesBelow(maildir: string): Promise<readonly string[]> {
  const folder = join(maildir, 'new')
  const names = await readdir(folder).catch((): string[] => [])
  return Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')))
}
