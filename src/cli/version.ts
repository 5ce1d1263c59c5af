import { readFileSync } from 'node:fs'

/** The version of this program, `0.1.0`: as package.json says, beside the sources and beside `dist`. */
export function programVersion(): string {
  const path = new URL('../../package.json', import.meta.url)
  const described: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (typeof described === 'object' && described !== null && 'version' in described) {
    return String(described.version)
  }
  throw new Error('programVersion: package.json has no version')
}
