/** The sources of the house and what they import, for the tests that hold its shape. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** The folder that all names of sources begin at. */
export const src: string = import.meta.dirname

/** Files for tests alone, that are not beside a test. */
const forTests = /test-support|test-folder|contract(-[a-z]+)?\.ts$|^architecture-sources\.ts$/

/** All sources but tests, by their names below `src`. */
export function sources(folder: string = src): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sources(path)
    const name = relative(src, path)
    const counts = name.endsWith('.ts') && !name.endsWith('.test.ts')
    return counts && !forTests.test(name) ? [name] : []
  })
}

/** What a source names, as it is written: imports, types included, and files beside it. */
export function importsOf(name: string): readonly string[] {
  const found = readFileSync(join(src, name), 'utf8').matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'|new URL\(\s*'([^']+\.ts)'/g,
  )
  return Array.from(found, (match) => match.slice(1).find(Boolean) ?? '')
}
