/** What holds for every page: its links lead somewhere, and the files that it names exist. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { makeProgram } from '../../src/cli/program.ts'
import { codeWords, pages, readPage, root } from './page.ts'

const prose = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, '')

/** GitHub's name for a heading. */
function anchor(heading: string): string {
  return heading
    .replaceAll('`', '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

function anchors(text: string): readonly string[] {
  return Array.from(prose(text).matchAll(/^#+ (.+)$/gm), (match) => anchor(match[1] ?? ''))
}

test('every link within the repository leads to a page, and to a heading of it', () => {
  const wrong: string[] = []
  for (const page of pages) {
    for (const [, target = ''] of prose(readPage(page)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [path = '', heading] = target.split('#')
      const file = path === '' ? page : join(dirname(page), path)
      if (!existsSync(join(root, file))) wrong.push(`${page}: ${target}`)
      else if (heading !== undefined && !anchors(readPage(file)).includes(heading)) {
        wrong.push(`${page}: ${target} (no such heading)`)
      }
    }
  }
  assert.deepEqual(wrong, [])
})

test('every file and folder that a page names exists', () => {
  const wrong: string[] = []
  let named = 0
  for (const page of pages) {
    for (const word of codeWords(readPage(page))) {
      if (!/^(?:src|test|scripts|docs|bench|\.ci)\/[\w./-]*$/.test(word)) continue
      // A pattern of names, as for golden files.
      if (word.includes('NN-')) continue
      named++
      if (!existsSync(join(root, word))) wrong.push(`${page}: ${word}`)
    }
  }
  assert.deepEqual(wrong, [])
  assert.ok(named > 100, `only ${named} files were found: the search is broken`)
})

test('every page can be found from the README', () => {
  const seen = new Set<string>()
  const follow = (page: string): void => {
    if (seen.has(page)) return
    seen.add(page)
    for (const [, target = ''] of prose(readPage(page)).matchAll(/\]\(([^)\s#]+)/g)) {
      const file = join(dirname(page), target)
      if (pages.includes(file)) follow(file)
    }
  }
  follow('README.md')
  assert.deepEqual(
    pages.filter((page) => !seen.has(page)),
    [],
  )
})

test('the version is the same in the package, the program and the list of changes', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  assert.equal((await makeProgram()).version(), version)
  assert.match(readPage('CHANGELOG.md'), new RegExp(`^## .*${version.replaceAll('.', '\\.')}`, 'm'))
})
