/** docs/config.md tells every setting, and its examples are configurations. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from '../../src/config/config.ts'
import { describeSettings } from '../../src/config/read-settings.ts'
import { cell, checkMade, codeBlocks, pages, readPage } from './page.ts'

test('the list of settings is the one of the program', () => {
  const rows = describeSettings().map(({ key, default: value, sentence }) => {
    return `| \`${key}\` | ${value === 'required' || value === 'none' ? value : `\`${cell(value)}\``} | ${cell(sentence)} |`
  })
  checkMade(
    'docs/config.md',
    'settings',
    ['| Setting | Default | Meaning |', '| --- | --- | --- |', ...rows].join('\n'),
  )
})

test('every setting has a sentence', () => {
  for (const { key, sentence } of describeSettings()) assert.match(sentence, /^[A-Z].+\.$/, key)
})

test('every configuration in the pages is one', () => {
  let found = 0
  for (const page of pages) {
    for (const block of codeBlocks(readPage(page), 'toml')) {
      found++
      const read = parseConfig(block)
      assert.deepEqual(read.type === 'problems' ? read.problems : [], [], page)
    }
  }
  assert.ok(found >= 2)
})

test('the wrong configuration of the page is told as the page says', () => {
  const wrong =
    'hostname = "mail.example.com"\ndomains = ["example.com"]\n' +
    '[listen]\nsmtp = 70000\n[receive]\nmailinglists = []\n'
  const read = parseConfig(wrong)
  assert.equal(read.type, 'problems')
  if (read.type !== 'problems') return
  const told = read.problems.map(({ key, problem }) => `  ${key}: ${problem}`)
  const [shown = ''] = codeBlocks(readPage('docs/config.md'), 'text')
  assert.deepEqual(shown.trimEnd().split('\n').slice(1, -1), told)
})
