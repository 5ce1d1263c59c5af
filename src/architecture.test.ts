import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { floors, pureFolders } from './architecture-floors.ts'
import { importsOf, page, pageSources, sources, src } from './architecture-sources.ts'

function floorOf(folder: string): number {
  return floors.findIndex((floor) => folder in floor)
}

const files = sources()

test('every folder of src stands on a floor, and every floor has its folders', () => {
  const entries = readdirSync(src, { withFileTypes: true }).filter((e) => e.isDirectory())
  const folders = entries.map((e) => e.name).filter((name) => name !== page)
  assert.deepEqual(folders.sort(), floors.flatMap(Object.keys).sort())
  assert.ok(files.length > 10, `only ${files.length} sources were found: the walk is broken`)
})

test('imports go down only, and folders on one floor never import each other', () => {
  const wrong: string[] = []
  for (const name of files) {
    const folder = name.split('/')[0] ?? ''
    for (const target of importsOf(name)) {
      if (!target.startsWith('.')) continue
      const other = relative(src, resolve(src, dirname(name), target)).split('/')[0] ?? ''
      if (other !== folder && floorOf(other) >= floorOf(folder)) {
        wrong.push(`${name} imports ${target}`)
      }
    }
  }
  assert.deepEqual(wrong, [])
})

test('Node built-ins stay on the floors that may use them', () => {
  const wrong: string[] = []
  for (const name of files) {
    const folder = name.split('/')[0] ?? ''
    const allowed = floors[floorOf(folder)]?.[folder] ?? []
    for (const target of importsOf(name)) {
      if (!target.startsWith('node:')) continue
      if (!allowed.includes(target.slice(5))) wrong.push(`${name} imports ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('the page takes nothing of the server but types, and nothing of Node', () => {
  const own = ['preact', '@preact/signals', 'uplot']
  const files = pageSources()
  assert.ok(files.length > 20, `only ${files.length} files of the page were found`)
  const wrong = files.flatMap((name) => {
    const text = readFileSync(join(src, name), 'utf8')
    const values = text.matchAll(/(?:^|\n)(?:import|export) (?!type\b)[^'"`;]*?from\s+'([^']+)'/g)
    const taken = Array.from(values, ([, target = '']) => target).filter((target) => {
      if (!target.startsWith('.')) return !own.some((one) => `${target}/`.startsWith(`${one}/`))
      return !relative(src, resolve(src, dirname(name), target)).startsWith(`${page}/`)
    })
    const node = /\b(?:process|Buffer|global)\b\s*[.[(]/.test(text) ? ['a global of Node'] : []
    return [...taken, ...node].map((target) => `${name} takes ${target}`)
  })
  assert.deepEqual(wrong, [])
})

test('the page writes no HTML of its own making and runs no text as a program', () => {
  const risky = /innerHTML|outerHTML|insertAdjacent|document\.write|srcdoc|\beval\b|new Function/
  const wrong = pageSources().filter((name) => risky.test(readFileSync(join(src, name), 'utf8')))
  assert.deepEqual(wrong, [])
})

test('the folders without a platform are those that are compiled without one', () => {
  const config = readFileSync(join(dirname(src), 'tsconfig.pure.json'), 'utf8')
  const compiled = Array.from(
    config.matchAll(/"src\/([a-z-]+)\/\*\*\/\*\.ts"/g),
    (match) => match[1],
  )
  assert.deepEqual(compiled, pureFolders)
})

test('only the top floors read the environment', () => {
  const wrong = files
    .filter((name) => !/^(app|cli)\//.test(name))
    .filter((name) => /\bprocess\.(env|argv|exit)\b/.test(readFileSync(join(src, name), 'utf8')))
  assert.deepEqual(wrong, [])
})
