import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csvLine } from './csv.ts'

test('cells are quoted where they must be, and a number is a number', () => {
  assert.equal(
    csvLine(['a', 'b,c', 'say "hi"', 'two\nlines', -5]),
    'a,"b,c","say ""hi""","two\nlines",-5\r\n',
  )
})

test('no cell is a formula', () => {
  for (const evil of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '  =1']) {
    const cell = csvLine([evil]).replace(/^"/, '')
    assert.ok(cell.startsWith("'"), JSON.stringify(cell))
  }
  assert.equal(csvLine(['a=b']), 'a=b\r\n')
})
