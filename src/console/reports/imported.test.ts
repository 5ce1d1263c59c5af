import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importedText, placeOf } from './imported.ts'

test('what came of files is said as the terminal says it', () => {
  assert.equal(importedText([], 1), '0 imported, 1 not readable.')
  assert.equal(
    importedText(
      [
        { result: 'imported', kind: 'aggregate', partial: true },
        { result: 'known', kind: 'aggregate' },
        { result: 'unreadable' },
      ],
      1,
    ),
    '1 imported, 1 here already, 1 read in part, 2 not readable.',
  )
})

test('reports of another kind are shown elsewhere, and the page says where', () => {
  assert.equal(placeOf([{ result: 'imported', kind: 'tls' }], 'dmarc'), 'tls')
  assert.equal(placeOf([{ result: 'imported', kind: 'failure' }], 'tls'), 'dmarc')
  assert.equal(
    placeOf([{ result: 'known', kind: 'tls' }, { result: 'unreadable' }], 'tls'),
    undefined,
  )
})
