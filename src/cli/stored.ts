import { readConfig } from '../config/config.ts'
import { dataFolder, isThere } from '../store/data-folder.ts'
import type { ReadPorts } from '../store/reads.ts'
import { openReadOnlyStore } from '../store/sqlite/sqlite-reader.ts'

/** Reads something of the data folder of a settings file; `undefined` before the first start. */
export async function storedIn<T>(
  config: string,
  read: (ports: ReadPorts) => Promise<T>,
): Promise<T | undefined> {
  const folder = readConfig(config).data
  if (!isThere(dataFolder(folder))) return undefined
  const reader = openReadOnlyStore({ folder })
  try {
    return await read(reader)
  } finally {
    reader.close()
  }
}
