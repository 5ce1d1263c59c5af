// Runs every test under the pinned Node. Arguments narrow it: `npm test -- src/spf`.
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

function testsIn(path) {
  if (statSync(path).isFile()) return [path]
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const inside = join(path, entry.name)
    if (entry.isDirectory()) return testsIn(inside)
    return entry.name.endsWith('.test.ts') ? [inside] : []
  })
}

const chosen = process.argv.slice(2)
const places = chosen.length > 0 ? chosen : ['src', 'test'].map((name) => join(root, name))
const files = places.flatMap(testsIn).map((path) => relative(root, path))
const node = [
  '--test',
  '--test-concurrency=2',
  '--conditions=waybill-source',
  '--disable-warning=ExperimentalWarning',
  `--test-reporter=${join(root, 'scripts', 'reporter.mjs')}`,
  '--test-reporter-destination=stdout',
]
const done = spawnSync(join(root, 'node_modules', '.bin', 'node'), [...node, ...files], {
  cwd: root,
  stdio: 'inherit',
})
process.exit(done.status ?? 1)
