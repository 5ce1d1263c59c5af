/**
 * `npm run mutate -- src/folder …`: makes small wrong changes, one at a time, in a copy of the tree, and
 * tells which of them the tests do not notice. Not part of the tests: it takes minutes a folder.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'

import { readDependents, type Dependents } from './dependents.ts'
import { mutantsOf, mutate } from './mutants.ts'
import { choose, type PlacedMutant } from './selection.ts'
import { Workplace } from './workplace.ts'

const root = join(import.meta.dirname, '..', '..')
/** So long the nearest tests of a change may take. */
const nearestMs = 60_000
/** What `source` has read. */
const sources = new Map<string, string>()

/** A change that is no fault though no test notices it, with the reason. */
interface Argued {
  readonly file: string
  /** The line of the source, without the white space around it. */
  readonly line: string
  readonly replacement: string
  readonly why: string
}

type Fate = 'noticed' | 'does not compile' | 'argued' | 'unnoticed' | 'not judged'

interface Plan {
  readonly count: number
  readonly seed: number
  readonly jobs: number
  /** How long tests may look for one change, beside the nearest ones, which are always run. */
  readonly seconds: number
  readonly least: number
  readonly list: boolean
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '60' },
    least: { type: 'string', default: '90' },
    list: { type: 'boolean', default: false },
  },
})

const plan: Plan = {
  count: number('count'),
  seed: number('seed'),
  jobs: number('jobs'),
  seconds: number('seconds'),
  least: number('least'),
  list: values.list,
}

if (positionals.length === 0) {
  process.stderr.write(
    'Say which folders: npm run mutate -- src/spf src/dkim\n' +
      '  --count 30    changes in each   --seed 1     which ones\n' +
      '  --jobs 2      at a time         --seconds 60 for the farther tests of one change\n' +
      '  --least 90    percent that must be noticed   --list  only tell the changes\n',
  )
  process.exit(2)
}
process.exitCode = await main()

function number(name: 'count' | 'seed' | 'jobs' | 'seconds' | 'least'): number {
  const text = values[name]
  if (/^\d+$/.test(text)) return Number(text)
  process.stderr.write(`--${name} wants a number and got "${text}".\n`)
  process.exit(2)
}

async function main(): Promise<number> {
  const files = git('ls-files', '--cached', '--others', '--exclude-standard')
  const dependents = readDependents(
    root,
    files.filter((file) => /^(src|test)\/.*\.ts$/.test(file)),
  )
  const argued = readArgued()
  const places = plan.list
    ? []
    : Array.from({ length: Math.max(1, plan.jobs) }, () => new Workplace(root, files))
  let enough = true
  try {
    const chosen = positionals.map((folder) => {
      return { folder, mutants: choose(placed(folder, files), plan) }
    })
    for (const { folder, mutants } of chosen) {
      if (mutants.length === 0) throw new Error(`There is nothing to change in ${folder}.`)
      if (plan.list) for (const mutant of mutants) print(`${describe(mutant)}`)
      else enough = (await judge(folder, mutants, { places, dependents, argued })) && enough
    }
  } finally {
    for (const place of places) place.remove()
  }
  return enough ? 0 : 1
}

function git(...args: readonly string[]): readonly string[] {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean)
}

function readArgued(): readonly Argued[] {
  const text = readFileSync(join(import.meta.dirname, 'argued.json'), 'utf8')
  return JSON.parse(text) as readonly Argued[]
}

/** All changes in the sources of a folder, or of one file. */
function placed(folder: string, files: readonly string[]): readonly PlacedMutant[] {
  const path = folder.replace(/\/$/, '')
  return files
    .filter((file) => file === path || file.startsWith(`${path}/`))
    .filter(
      (file) => file.endsWith('.ts') && !/\.test\.|test-support|\/contract|\.d\.ts$/.test(file),
    )
    .flatMap((file) => mutantsOf(source(file)).map((mutant) => ({ ...mutant, file })))
}

/** A file as it was when the changes were chosen: people go on working in the tree meanwhile. */
function source(file: string): string {
  const text = sources.get(file) ?? readFileSync(join(root, file), 'utf8')
  sources.set(file, text)
  return text
}

interface Judging {
  readonly places: readonly Workplace[]
  readonly dependents: Dependents
  readonly argued: readonly Argued[]
}

/** Tries all changes of a folder, and tells how many were noticed. */
async function judge(
  folder: string,
  mutants: readonly PlacedMutant[],
  { places, dependents, argued }: Judging,
): Promise<boolean> {
  const fates = new Map<PlacedMutant, Fate>()
  const waiting = Array.from(mutants)
  await Promise.all(
    places.map(async (place) => {
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const fate = isArgued(mutant, argued) ? 'argued' : await fateOf(mutant, place, dependents)
        fates.set(mutant, fate)
        if (fate === 'unnoticed') print(`unnoticed  ${describe(mutant)}`)
        if (fate === 'not judged') print(`not judged ${describe(mutant)}`)
      }
    }),
  )
  const count = (fate: Fate): number =>
    Array.from(fates.values()).filter((one) => one === fate).length
  const judged = count('noticed') + count('unnoticed')
  const percent = judged === 0 ? 100 : (100 * count('noticed')) / judged
  print(
    `${folder}: ${count('noticed')} of ${judged} noticed (${percent.toFixed(0)}%), ` +
      `${count('unnoticed')} not; ${count('does not compile')} did not compile, ${count('argued')} argued, ` +
      `${count('not judged')} not judged (too slow here)`,
  )
  return percent >= plan.least
}

function isArgued(mutant: PlacedMutant, argued: readonly Argued[]): boolean {
  const line = lineOf(mutant)
  return argued.some((one) => {
    return one.file === mutant.file && one.line === line && one.replacement === mutant.replacement
  })
}

/** Nearest tests first, a few at a time: most changes are noticed at once, and then the rest is spared. */
async function fateOf(
  mutant: PlacedMutant,
  place: Workplace,
  dependents: Dependents,
): Promise<Fate> {
  const tests = dependents.testsOf(mutant.file)
  const beside = tests.filter((test) => dirname(test) === dirname(mutant.file)).length
  const nearest = Math.max(beside, 1)
  const original = source(mutant.file)
  const path = join(place.root, mutant.file)
  writeFileSync(path, mutate(original, mutant))
  try {
    const started = performance.now()
    for (let at = 0, end = 0, size = 3; at < tests.length; at = end) {
      const near = at < nearest
      // Whole servers are not run with those beside the code, which have their time for themselves. The
      // first behind these is often one more test of the file alone, and goes alone for that.
      if (at === nearest) size = 1
      end = near ? Math.min(at + size, nearest) : at + size
      size *= 2
      const left = plan.seconds * 1000 - (performance.now() - started)
      if (!near && left <= 0) break
      const some = tests.slice(at, end)
      // Those beside the code have a minute each time: a change that makes them hang is noticed. Farther
      // ones are cut off by the plan, which says nothing about the change.
      const ran = await place.test(some, near ? nearestMs : Math.max(left, 10_000))
      if (ran === 'failed') return 'noticed'
      if (ran === 'passed' || !near) continue
      // On a busy machine they may take that long without any change.
      writeFileSync(path, original)
      return (await place.test(some, nearestMs)) === 'passed' ? 'noticed' : 'not judged'
    }
    // What the compiler sees cannot get as far as the tests.
    switch (await place.compile()) {
      case 'passed':
        return 'unnoticed'
      case 'failed':
        return 'does not compile'
      case 'too long':
        return 'not judged'
    }
  } finally {
    writeFileSync(path, original)
  }
}

function lineOf({ file, line }: PlacedMutant): string {
  return source(file).split('\n')[line - 1]?.trim() ?? ''
}

function describe(mutant: PlacedMutant): string {
  const { file, line, kind, start, end, replacement } = mutant
  const before = source(file).slice(start, end).replace(/\s+/g, ' ')
  return `${file}:${line} ${kind}: ${before} -> ${replacement.replace(/\s+/g, ' ')}\n             in ${lineOf(mutant)}`
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
