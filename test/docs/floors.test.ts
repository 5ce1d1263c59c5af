/** ARCHITECTURE.md tells the floors as they are. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { floors } from '../../src/architecture-floors.ts'
import { codeWords, readPage, section, tableRows } from './page.ts'

test('the table of floors is the one that the imports are checked against', () => {
  const rows = tableRows(section(readPage('ARCHITECTURE.md'), '## Floors'))
  const told = rows.map(([floor, folder = '', builtins = '']) => {
    return `${floor} ${codeWords(folder).join(' ')}: ${codeWords(builtins).join(' ')}`
  })
  const real = floors.flatMap((folders, floor) => {
    return Object.entries(folders).map(([folder, builtins]) => {
      return `${floor} ${folder}: ${builtins.join(' ')}`
    })
  })
  assert.deepEqual(told, real)
})

test('every folder is told in a sentence', () => {
  for (const [, folder, , what = ''] of tableRows(
    section(readPage('ARCHITECTURE.md'), '## Floors'),
  )) {
    assert.match(what, /\S.{20,}/, folder)
  }
})
