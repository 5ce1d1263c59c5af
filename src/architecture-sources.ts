/** The sources of the house and what they import, for the tests that hold its shape. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** The folder that all names of sources begin at. */
export const src: string = import.meta.dirname

/** Files for tests alone, that are not beside a test. */
const forTests = /test-support|test-folder|contract(-[a-z]+)?\.ts$|^architecture-sources\.ts$/

/** The folder of the page, which a browser runs: it stands on no floor of the server. */
export const page = 'console'

/** All sources of the server but tests, by their names below `src`. */
export function sources(): readonly string[] {
  return below(src).filter((name) => !name.startsWith(`${page}/`))
}

/** The same of the page. */
export function pageSources(): readonly string[] {
  return below(join(src, page))
}

function below(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return below(path)
    const name = relative(src, path)
    const counts = /\.tsx?$/.test(name) && !name.endsWith('.test.ts')
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

/** A name that a source exports. */
export interface Export {
  readonly kind: 'value' | 'type'
  readonly name: string
}

/** What others can import of a source. */
export function exportsOf(name: string): readonly Export[] {
  const found = code(name).matchAll(
    /^export\s+(?:async\s+)?(const|function\*?|class|interface|type)\s+([\w$]+)/gm,
  )
  return Array.from(found, ([, keyword = '', exported = '']) => {
    return { kind: /interface|type/.test(keyword) ? 'type' : 'value', name: exported }
  })
}

/** What a file imports by name from files beside it: the file, by its path, and the names. */
export function namesImportedBy(
  path: string,
): readonly { readonly file: string; readonly names: readonly string[] }[] {
  const text = withoutComments(readFileSync(path, 'utf8'))
  const at = (target = ''): string => resolve(dirname(path), target)
  const listed = Array.from(
    text.matchAll(/\b(?:import|export)\s+(?:type\s+)?\{([^}]*)\}\s+from\s+'(\.[^']+)'/g),
    ([, list = '', target]) => {
      const names = list.split(',').map((one) => {
        return one
          .trim()
          .replace(/^type\s+/, '')
          .replace(/\s+as\s.*/, '')
      })
      return { file: at(target), names }
    },
  )
  const whole = Array.from(
    text.matchAll(/\bimport\s+(?:type\s+)?\*\s+as\s+(\w+)\s+from\s+'(\.[^']+)'/g),
    ([, as = '', target]) => {
      const uses = text.matchAll(new RegExp(`\\b${as}\\.([\\w$]+)`, 'g'))
      return { file: at(target), names: Array.from(uses, ([, name = '']) => name) }
    },
  )
  // What is imported when it is needed is taken apart in place: whatever name stands there counts.
  const late = Array.from(text.matchAll(/\bimport\(\s*'(\.[^']+)'\s*\)/g), ([, target]) => {
    return { file: at(target), names: text.match(/[\w$]+/g) ?? [] }
  })
  return [...listed, ...whole, ...late]
}

/** How often a source says a name, comments apart. */
export function mentions(name: string, word: string): number {
  return code(name).match(new RegExp(`(?<![\\w$])${word}(?![\\w$])`, 'g'))?.length ?? 0
}

function code(name: string): string {
  return withoutComments(readFileSync(join(src, name), 'utf8'))
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/[^\n]*/g, '$1')
}
