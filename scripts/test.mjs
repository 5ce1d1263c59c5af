// Runs every test under the pinned Node. Folders and files narrow it, options go to the runner:
// `npm test -- src/spf`, `npm test -- --test-name-pattern=macro src/spf`.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { findRuntime, root } from './runtime.mjs'

function testsIn(path) {
  if (statSync(path).isFile()) return [path]
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const inside = join(path, entry.name)
    if (entry.isDirectory()) return testsIn(inside)
    return entry.name.endsWith('.test.ts') ? [inside] : []
  })
}

function stop(text) {
  process.stderr.write(`${text}\n`)
  process.exit(2)
}

const args = process.argv.slice(2)
const chosen = args.filter((arg) => !arg.startsWith('-'))
for (const path of chosen) if (!existsSync(path)) stop(`There is no ${path}.`)
const places = chosen.length > 0 ? chosen : [join(root, 'src'), join(root, 'test')]
const files = places.flatMap(testsIn).map((path) => relative(root, path))
// Without files the runner would look for some by itself.
if (files.length === 0) stop(`There are no tests in ${chosen.join(', ')}.`)
const runtime = findRuntime()
const seed = process.env.WAYBILL_SEED
if (seed !== undefined && seed !== 'random' && !/^-?\d+$/.test(seed))
  stop(`WAYBILL_SEED is '${seed}'; it must be a whole number, or 'random'.`)
if (runtime === undefined) stop('The packages are not installed: run npm test, not this script.')

const done = spawnSync(
  runtime,
  [
    '--test',
    '--test-concurrency=2',
    '--test-timeout=240000',
    '--conditions=waybill-source',
    `--import=${pathToFileURL(join(root, 'scripts', 'property-seed.mjs')).href}`,
    '--disable-warning=ExperimentalWarning',
    `--test-reporter=${join(root, 'scripts', 'reporter.mjs')}`,
    '--test-reporter-destination=stdout',
    ...args.filter((arg) => arg.startsWith('-')),
    ...files,
  ],
  {
    cwd: root,
    stdio: 'inherit',
    // The reporter counts: a file whose results were lost must not pass in silence.
    env: { ...process.env, WAYBILL_TEST_FILES: JSON.stringify(files) },
  },
)
process.exitCode = done.status ?? 1
