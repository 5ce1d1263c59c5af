import assert from 'node:assert/strict'
import { test } from 'node:test'
import { originOf } from './placed.ts'

test('where something stands is said in words, with the server where there are two', () => {
  assert.equal(originOf({ from: 'settings', site: '' }), 'settings file')
  assert.equal(originOf({ from: 'store', site: '' }), 'added while running')
  assert.equal(originOf({ from: 'lab', site: 'north' }), 'the lab, north')
  assert.equal(originOf({ from: 'elsewhere', site: '' }), 'elsewhere')
})
