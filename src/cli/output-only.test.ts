import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const sources = fileURLToPath(new URL('..', import.meta.url))

// `main.ts` has one sentence for a Node that could not read `output.ts`.
test('nothing in the program but output.ts writes to standard output or standard error', () => {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' })
  const writers = files.filter((name) => {
    if (!name.endsWith('.ts') || /test/.test(name)) return false
    const text = readFileSync(join(sources, name), 'utf8')
    const code = text.replace(/\/\*[^]*?\*\/|^ *\/\/.*$|'(?:[^'\\\n]|\\.)*'/gm, '')
    return /\bstd(?:out|err)\b|\bconsole\s*[.[]|\bwriteSync\(\s*[12]\b/.test(code)
  })
  assert.deepEqual(writers, [join('cli', 'main.ts'), join('cli', 'output.ts')])
})
