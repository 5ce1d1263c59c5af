/** The shape of the house: no circle, nothing that nobody reaches, files that one can live in. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'
import {
  exportsOf,
  importsOf,
  mentions,
  namesImportedBy,
  pageSources,
  sources,
  src,
} from './architecture-sources.ts'

/** How many lines a file may have; one that is mostly a table: 400. */
const mostLines = 300
const tables: Readonly<Record<string, number>> = {
  'config/settings-schema.ts': 400,
}
/** What only tests use, though it stands among the sources; and types without code. */
const forTests = /^architecture-|fault-plan\.ts$|store\/(memory\/|sqlite\/local-writer)|\.d\.ts$/

/** The files that a file names, types included. */
function targets(name: string): readonly string[] {
  return importsOf(name)
    .filter((target) => target.startsWith('.'))
    .map((target) => relative(src, resolve(src, dirname(name), target)))
}

/** The server and the page: what the page is made of begins at its own door. */
const files = [...sources(), ...pageSources()]
const graph = new Map(files.map((name) => [name, targets(name)]))

/** The files that reach each other (Tarjan's strongly connected components of more than one). */
function circles(): readonly string[] {
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: string[] = []
  const found: string[] = []
  const visit = (name: string): void => {
    order.set(name, order.size)
    lowest.set(name, order.get(name) ?? 0)
    open.push(name)
    for (const target of graph.get(name) ?? []) {
      if (!graph.has(target)) continue
      const known = order.get(target)
      if (known === undefined) visit(target)
      const reached =
        known === undefined ? lowest.get(target) : open.includes(target) ? known : undefined
      if (reached !== undefined) lowest.set(name, Math.min(lowest.get(name) ?? 0, reached))
    }
    if (lowest.get(name) !== order.get(name)) return
    const circle = open.splice(open.indexOf(name))
    if (circle.length > 1) found.push(circle.toSorted().join(' '))
  }
  for (const name of graph.keys()) if (!order.has(name)) visit(name)
  return found
}

test('the walk sees the house', () => {
  assert.ok(files.length > 400, `only ${files.length} files`)
  assert.ok((graph.get('cli/main.ts') ?? []).length > 0)
})

test('no files import each other in a circle, not for types either', () => {
  assert.deepEqual(circles(), [])
})

/** The files that the package offers to other programs. */
function doors(): readonly string[] {
  const { exports } = JSON.parse(readFileSync(join(src, '..', 'package.json'), 'utf8'))
  return Object.values<{ readonly 'waybill-source': string }>(exports).map((door) => {
    return relative(src, resolve(src, '..', door['waybill-source']))
  })
}

test('every file is reached from a door, the command line or a worker', () => {
  const reached = new Set<string>()
  const workers = files.filter((name) => name.endsWith('-worker.ts'))
  const open = ['cli/main.ts', 'console/main.tsx', ...doors(), ...workers]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (reached.has(name)) continue
    reached.add(name)
    open.push(...(graph.get(name) ?? []))
  }
  const lost = files.filter((name) => !reached.has(name) && !forTests.test(name))
  assert.deepEqual(lost, [])
})

/** What stands among the sources for tests alone, beside the files that `forTests` names. */
const exportsForTests: Readonly<Record<string, string>> = {
  'base/clock.ts ManualClock': 'the clock of all tests, and it belongs beside the port',
  'store/sqlite/reading.ts readHere': 'how the stores of tests read without a thread',
}

/** Each exported name that one of `importers` imports, as `file name`. */
function importedBy(importers: readonly string[]): ReadonlySet<string> {
  return new Set(
    importers.flatMap((path) =>
      namesImportedBy(path).flatMap(({ file, names }) =>
        names.map((name) => `${relative(src, file)} ${name}`),
      ),
    ),
  )
}

/** Exports of sources that are no door, with how often their own files say them again. */
function exported(): readonly {
  readonly what: string
  readonly kind: 'value' | 'type'
  readonly ownUses: number
}[] {
  const open = doors()
  return files
    .filter((file) => !open.includes(file) && !forTests.test(file))
    .flatMap((file) => {
      return exportsOf(file).map(({ kind, name }) => {
        return { what: `${file} ${name}`, kind, ownUses: mentions(file, name) - 1 }
      })
    })
}

test('nothing is there for tests alone', () => {
  const used = importedBy(files.map((file) => join(src, file)))
  const lost = exported().filter(({ what, ownUses }) => !used.has(what) && ownUses === 0)
  assert.deepEqual(
    lost.map(({ what }) => what),
    Object.keys(exportsForTests),
  )
})

test('what nobody imports is not exported, but for types', () => {
  const root = dirname(src)
  const everywhere = ['src', 'test', 'bench', 'scripts'].flatMap((folder) => {
    const found = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    return found.filter((name) => /\.tsx?$/.test(name)).map((name) => join(root, folder, name))
  })
  const used = importedBy(everywhere)
  const needless = exported().filter(({ what, kind }) => kind === 'value' && !used.has(what))
  assert.deepEqual(
    needless.map(({ what }) => what),
    [],
  )
})

test('no file is longer than one can live in', () => {
  const long = files.flatMap((name) => {
    const lines = readFileSync(join(src, name), 'utf8').split('\n').length - 1
    return lines > (tables[name] ?? mostLines) && !forTests.test(name) ? [`${name} ${lines}`] : []
  })
  assert.deepEqual(long, [])
})

test('no bag of everything is called a world', () => {
  const bags = files.filter((name) => {
    return (
      !forTests.test(name) &&
      /\b(?:interface|type|class) \w*World\b/.test(readFileSync(join(src, name), 'utf8'))
    )
  })
  assert.deepEqual(bags, [])
})
