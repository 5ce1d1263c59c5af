/** docs/lab.md tells every situation of the lab, and no other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { labPassword, places, receiver, sender } from '../../src/lab/places.ts'
import { namedFaults } from '../../src/desk/fault-text.ts'
import { situations } from '../../src/lab/situations.ts'
import { checkMade, codeWords, readPage, section, tableRows } from './page.ts'

const page = readPage('docs/lab.md')

test('the table of situations is the one of the program', () => {
  const told = tableRows(section(page, '## Situations')).map(
    ([name = '', title, end = '', question]) => {
      return { name: codeWords(name)[0], title, outcome: codeWords(end)[0], question }
    },
  )
  const real = situations.map(({ name, title, outcome, question }) => {
    return { name, title, outcome, question }
  })
  assert.deepEqual(told, real)
})

test('the places, accounts and the password are those of the lab', () => {
  for (const { domain, host, ip } of Object.values(places)) {
    assert.ok(page.includes(host) && page.includes(ip), domain)
  }
  for (const word of [sender, receiver, labPassword]) assert.ok(page.includes(`\`${word}\``), word)
})

test('the table of faults with a name is the one of the program', () => {
  const rows = namedFaults.map(
    ({ name, text, title }) => `| \`${name}\` | \`${text}\` | ${title} |`,
  )
  checkMade(
    'docs/catch.md',
    'faults',
    ['| Name | Is | What happens |', '| --- | --- | --- |', ...rows].join('\n'),
  )
})
