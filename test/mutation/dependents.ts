import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** Which files of a tree import a file, directly or through others. Paths are relative to the root. */
export interface Dependents {
  /** The tests that reach `file`, nearest first: those would have to notice a wrong change in it. */
  testsOf(file: string): readonly string[]
}

/** Reads the imports of all `files`. */
export function readDependents(root: string, files: readonly string[]): Dependents {
  const importers = new Map<string, string[]>()
  for (const file of files) {
    for (const target of importsOf(file, readFileSync(join(root, file), 'utf8'))) {
      const known = importers.get(target)
      if (known === undefined) importers.set(target, [file])
      else known.push(file)
    }
  }
  return {
    testsOf(file) {
      const distance = distances(file, importers)
      const folder = dirname(file)
      // Tests beside the code come before all that lie elsewhere: those run whole servers. Of these, the
      // ones that try thousands of inputs come last.
      const place = (test: string): number => {
        const elsewhere = dirname(test) === folder ? 0 : 1000
        return (distance.get(test) ?? 0) + elsewhere + (manyInputs.test(test) ? 100 : 0)
      }
      return Array.from(distance.keys())
        .filter((one) => one.endsWith('.test.ts'))
        .sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
    },
  }
}

const manyInputs = /(?:conformance|differential|hostile|oracle|mailauth|crash)\.test\.ts$/

function importsOf(file: string, source: string): readonly string[] {
  const quoted =
    /(?:from|import|import\(|new URL\(|fork\(|join\(import\.meta\.dirname,)\s*['"]([^'"]+\.ts)['"]/g
  // A thread is started from a file beside the one that starts it, named without its ending.
  const thread = /\bfile: '([\w-]+)'/g
  const threads = source.includes('startBeside(') ? source.matchAll(thread) : []
  const paths = [
    ...Array.from(source.matchAll(quoted), ([, path = '']) => path),
    ...Array.from(threads, ([, path = '']) => `${path}.ts`),
  ]
  return paths.map((path) => normalize(join(dirname(file), path)))
}

function distances(
  file: string,
  importers: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, number> {
  const found = new Map([[file, 0]])
  // The map grows while it is walked, so this is a breadth-first search.
  for (const [near, steps] of found) {
    for (const importer of importers.get(near) ?? []) {
      if (!found.has(importer)) found.set(importer, steps + 1)
    }
  }
  return found
}
