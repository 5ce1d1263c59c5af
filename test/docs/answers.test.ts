/** docs/answers.md has every rule, and says what the program does. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allRules } from '../../src/answers/rule-says.ts'
import { cell, checkMade } from './page.ts'

test('every rule by which refusals are read has its row', () => {
  const rows = allRules().map(({ id, kind, says, first }) => {
    return `| \`${id}\` | \`${kind}\` | ${first ? 'first' : ''} | ${cell(says)} |`
  })
  const head = ['| Rule | Kind | | What it has seen |', '| --- | --- | --- | --- |']
  checkMade('docs/answers.md', 'rules', [...head, ...rows].join('\n'))
})

test('each rule has an id of its own, and a sentence', () => {
  const rules = allRules()
  const ids = rules.map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length)
  for (const { id, says } of rules) assert.match(says, /\.$/, id)
})
