/** What is built of the page: small, whole, its own, and nothing in it that a policy would have to allow. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { root } from '../docs/page.ts'

const folder = mkdtempSync(join(tmpdir(), 'waybill-built-'))
const assets = join(folder, 'assets')

before(
  () => {
    const script = join(root, 'scripts', 'console.mjs')
    const built = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' })
    assert.equal(built.status, 0, built.stderr)
  },
  { timeout: 60_000 },
)

process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const read = (name: string): string => readFileSync(join(assets, name), 'utf8')

test('the page is under 80 KB compressed without the plots', () => {
  const files = readdirSync(assets).filter((name) => !name.startsWith('plot-'))
  const sizes = files.map((name) => gzipSync(read(name), { level: 9 }).length)
  const total = sizes.reduce((sum, one) => sum + one, 0)
  assert.ok(total < 80_000, `${total} octets`)
})

test('the plots are a file of their own, which the first page does not read', () => {
  const [main = ''] = readdirSync(assets).filter((name) => /^main-.*\.js$/.test(name))
  assert.equal(readdirSync(assets).filter((name) => /^plot-.*\.js$/.test(name)).length, 1)
  assert.doesNotMatch(read(main), /import[^(;]*from\s*["'][^"']*plot-/)
})

test('the first file names files that are there, and has no script or style of its own', () => {
  const page = readFileSync(join(folder, 'index.html'), 'utf8')
  const named = Array.from(page.matchAll(/(?:src|href)="([^"]*)"/g), ([, path = '']) => path)
  assert.equal(named.length, 3)
  for (const path of named) {
    assert.match(path, /^\/assets\/[a-z]+-[A-Z0-9]{8}\.(js|css|svg)$/)
    assert.ok(readdirSync(assets).includes(path.slice('/assets/'.length)), path)
  }
  assert.doesNotMatch(page, /<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=/)
})

test('nothing is asked of another place', () => {
  for (const name of readdirSync(assets)) {
    const places = read(name).match(/\b(?:https?:)?\/\/[a-z0-9-]+\.[a-z0-9.-]+/gi) ?? []
    const strangers = places.filter((place) => !/www\.w3\.org|localhost/.test(place))
    assert.deepEqual(strangers, [], name)
    assert.doesNotMatch(read(name), /@import|url\(\s*["']?(?!#|data:)/, name)
  }
})

test('built again, the files have the same names', () => {
  const names = readdirSync(assets).toSorted()
  const script = join(root, 'scripts', 'console.mjs')
  assert.equal(spawnSync(process.execPath, [script, folder]).status, 0)
  assert.deepEqual(readdirSync(assets).toSorted(), names)
})
