import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import assert from 'node:assert/strict'

/** The root of the repository. */
export const root: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Every page that people read: those of the root and of `docs`, as paths from the root. */
export const pages: readonly string[] = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

export function readPage(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The rows of every table of a page below its headings, each cell as it is written. */
export function tableRows(text: string): readonly (readonly string[])[] {
  const lines = text.split('\n')
  return lines.flatMap((line, i) => {
    if (!line.startsWith('|') || /^\|[ :|-]+\|$/.test(line)) return []
    // The line above `| --- |` is the heading.
    if (/^\|[ :|-]+\|$/.test(lines[i + 1] ?? '')) return []
    const cells = line.slice(1, -1).split(/(?<!\\)\|/)
    return [cells.map((cell) => cell.trim().replaceAll('\\|', '|'))]
  })
}

/** The part of a page under one heading, up to the next of the same or a higher level. */
export function section(text: string, heading: string): string {
  const start = text.indexOf(`\n${heading}\n`)
  assert.ok(start >= 0, `no section "${heading}"`)
  const level = /^#+/.exec(heading)?.[0].length ?? 1
  const rest = text.slice(start + heading.length + 2)
  const end = rest.search(new RegExp(`^#{1,${level}} `, 'm'))
  return end < 0 ? rest : rest.slice(0, end)
}

/** The code words of a text: what stands in single backticks, fenced blocks left out. */
export function codeWords(text: string): readonly string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '')
  return Array.from(prose.matchAll(/`([^`\n]+)`/g), (match) => match[1] ?? '')
}

/** The fenced blocks whose first line is `language`. */
export function codeBlocks(text: string, language: string): readonly string[] {
  const found = text.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)
  return Array.from(found).flatMap(([, info, code]) => (info === language ? [code ?? ''] : []))
}

/**
 * Compares a made part of a page, between `<!-- made: NAME -->` and `<!-- end: NAME -->`, with what
 * the program says now. `UPDATE=1` writes it instead.
 */
export function checkMade(path: string, name: string, made: string): void {
  const page = readPage(path)
  const begin = `<!-- made: ${name} -->\n`
  const end = `<!-- end: ${name} -->`
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  assert.ok(from >= 0 && to > from, `${path} has no part "${name}"`)
  const wanted = `\n${made.trim()}\n\n`
  const found = page.slice(from + begin.length, to)
  if (found === wanted) return
  if (process.env['UPDATE'] === '1') {
    writeFileSync(join(root, path), page.slice(0, from + begin.length) + wanted + page.slice(to))
    return
  }
  const advice = 'run UPDATE=1 npm test -- test/docs, and read the difference'
  assert.equal(found, wanted, `${path} is not up to date: ${advice}`)
}

/** A value in a cell of a table. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
