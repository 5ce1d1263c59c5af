/** What the package promises: argued dependencies, doors with pages, and files that exist. */
import assert from 'node:assert/strict'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { builtinModules } from 'node:module'
import { spawnSync } from 'node:child_process'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { floors } from '../../src/architecture-floors.ts'
import { codeBlocks, codeWords, readPage, root, section, tableRows } from './page.ts'

interface Package {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly overrides: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly files: readonly string[]
  readonly version: string
}

const described = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Package
const argued = section(readPage('CONTRIBUTING.md'), '## Dependencies')

test('every dependency is argued, and no other', () => {
  const told = tableRows(argued).map(([name = '']) => codeWords(name)[0])
  const { dependencies, devDependencies } = described
  assert.deepEqual(told, [...Object.keys(dependencies), ...Object.keys(devDependencies)])
})

test('every version is exact', () => {
  const { dependencies, devDependencies, overrides } = described
  for (const [name, version] of Object.entries({
    ...dependencies,
    ...devDependencies,
    ...overrides,
  })) {
    assert.match(version, /^\d+\.\d+\.\d+$/, name)
  }
})

test('the lock file holds what every package asks for on every platform', () => {
  interface Locked {
    readonly dependencies?: Readonly<Record<string, string>>
    readonly optionalDependencies?: Readonly<Record<string, string>>
  }
  const text = readFileSync(join(root, 'package-lock.json'), 'utf8')
  const { packages } = JSON.parse(text) as { readonly packages: Readonly<Record<string, Locked>> }
  const missing: string[] = []
  for (const [place, { dependencies, optionalDependencies }] of Object.entries(packages)) {
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      let folder = place
      while (!(`${folder}${folder === '' ? '' : '/'}node_modules/${name}` in packages)) {
        if (folder === '') {
          missing.push(`${name}, for ${place}`)
          break
        }
        folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))
      }
    }
  }
  assert.deepEqual(missing, [])
})

test('every package in the lock file has its hash, and none the address of a registry', () => {
  interface Locked {
    readonly integrity?: string
    readonly resolved?: string
  }
  const text = readFileSync(join(root, 'package-lock.json'), 'utf8')
  const { packages } = JSON.parse(text) as { readonly packages: Readonly<Record<string, Locked>> }
  const locked = Object.entries(packages).filter(([place]) => place !== '')
  assert.ok(locked.length > 100)
  for (const [place, { integrity, resolved }] of locked) {
    assert.match(integrity ?? '', /^sha512-[A-Za-z0-9+/]{86}==$/, place)
    assert.equal(resolved, undefined, place)
  }
})

interface Imported {
  readonly packages: ReadonlySet<string>
  /** The sources that the program and the doors are made of. */
  readonly sources: ReadonlySet<string>
}

/** What files outside of tests import. */
function imported(): Imported {
  const found = new Set<string>()
  const seen = new Set<string>()
  const visit = (path: string): void => {
    if (seen.has(path)) return
    seen.add(path)
    const text = readFileSync(path, 'utf8')
    for (const [, a, b, c] of text.matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g,
    )) {
      const target = a ?? b ?? c ?? ''
      if (target.startsWith('.')) visit(join(dirname(path), target))
      else if (!target.startsWith('node:')) found.add(packageOf(target))
    }
  }
  visit(join(root, 'src/cli/main.ts'))
  visit(join(root, 'src/store/sqlite/writer-worker.ts'))
  visit(join(root, 'src/sessions/session-worker.ts'))
  visit(join(root, 'src/cli/verify/line-worker.ts'))
  for (const door of Object.values(described.exports))
    visit(join(root, door['waybill-source'] ?? ''))
  return { packages: found, sources: seen }
}

/** The package of an import, which may name a part of it: `hono/body-limit` is of `hono`. */
function packageOf(target: string): string {
  return target.split('/', target.startsWith('@') ? 2 : 1).join('/')
}

test('what the program imports is a dependency at run time, and the other way round', () => {
  assert.deepEqual([...imported().packages].sort(), Object.keys(described.dependencies).sort())
})

test('the built-ins in the table of floors are built in', () => {
  const known = new Set([...builtinModules, 'sqlite'])
  for (const floor of floors) {
    for (const name of Object.values(floor).flat()) assert.ok(known.has(name), name)
  }
})

test('every door has a page that shows it in an example, and leads to a source', () => {
  const readme = readPage('README.md')
  for (const [door, places] of Object.entries(described.exports)) {
    const name = door.slice(2)
    const source = places['waybill-source'] ?? ''
    assert.ok(existsSync(join(root, source)), source)
    const compiled = source.replace('./src/', './dist/').replace(/\.ts$/, '')
    assert.equal(places['types'], `${compiled}.d.ts`)
    assert.equal(places['default'], `${compiled}.js`)
    const page = `docs/${name}.md`
    assert.ok(existsSync(join(root, page)), `${door} has no page`)
    const examples = codeBlocks(readPage(page), 'ts').join('\n')
    assert.ok(examples.includes(`'waybill/${name}'`), `${page} does not show its door`)
    assert.ok(readme.includes(page) && readme.includes(`waybill/${name}`), `README lacks ${door}`)
  }
})

test('what goes into the package exists', () => {
  for (const name of described.files) {
    if (name !== 'dist') assert.ok(existsSync(join(root, name)), name)
  }
})

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

test('the package holds all that the program and the doors are made of, and no tests', () => {
  const args = [tsc, '-p', 'tsconfig.build.json', '--listFilesOnly']
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  const compiled = stdout.split('\n').filter((path) => path.startsWith(join(root, 'src')))
  assert.ok(compiled.length > 100, stdout)
  const forTests = /\.test\b|\btest-|contract|golden|oracle|\bfault-plan|\bmemory-(?:store|tables)/
  const names = compiled.map((path) => relative(root, path))
  assert.deepEqual(
    names.filter((name) => forTests.test(name)),
    [],
    'compiled, and only of use to tests',
  )
  const lacking = [...imported().sources].filter((path) => !compiled.includes(path))
  assert.deepEqual(lacking, [], 'used by what is shipped, and not compiled')
  for (const name of described.files.filter((one) => one !== 'dist')) {
    const place = join(root, name)
    if (!statSync(place).isDirectory()) continue
    const inner = readdirSync(place, { recursive: true, encoding: 'utf8' })
    for (const one of inner.filter((path) => !statSync(join(place, path)).isDirectory())) {
      assert.match(one, /\.md$|^fail2ban\/\w+\.conf$|^console\/[a-z-]+\.png$/, `${name}/${one}`)
    }
  }
})

test('the compiled program knows its version, as the sources do', (t) => {
  const folder = mkdtempSync(join(root, 'node_modules', '.waybill-build-'))
  t.after(() => rmSync(folder, { recursive: true }))
  symlinkSync(join(root, 'package.json'), join(folder, 'package.json'))
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', join(folder, 'dist')]
  const built = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  assert.equal(built.status, 0, built.stdout)
  const { version } = described
  for (const main of [join(folder, 'dist/cli/main.js'), join(root, 'src/cli/main.ts')]) {
    const ran = spawnSync(process.execPath, [main, '--version'], { encoding: 'utf8' })
    assert.deepEqual([ran.status, ran.stdout], [0, `${version}\n`], ran.stderr)
  }
})
