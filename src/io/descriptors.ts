import { readFileSync } from 'node:fs'

/** How many file descriptors this process may have; `undefined` where the system does not say. */
export function descriptorLimit(path = '/proc/self/limits'): number | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    // Not Linux: there is no such file, and no number to go by.
    return undefined
  }
  const match = /^Max open files\s+(\d+)/m.exec(text)
  return match === null ? undefined : Number(match[1])
}

/**
 * The descriptor number from which on connections are turned away: a quarter, at most 400, is left
 * for what they and the rest of the server need: DNS, spool files, delivery.
 */
export function descriptorsForConnections(limit: number | undefined): number | undefined {
  return limit === undefined ? undefined : limit - Math.min(400, Math.ceil(limit / 4))
}
