import assert from 'node:assert/strict'
import { test } from 'node:test'
import { descriptorLimit, descriptorsForConnections } from './descriptors.ts'

test('the limit of this process is read where the system tells it', () => {
  const limit = descriptorLimit()
  if (process.platform === 'linux') assert.ok(limit !== undefined && limit > 32)
  assert.equal(descriptorLimit('/there/is/no/such/file'), undefined)
})

test('a quarter of the descriptors, at most 400, is not for connections', () => {
  assert.equal(descriptorsForConnections(undefined), undefined)
  assert.equal(descriptorsForConnections(64), 48)
  assert.equal(descriptorsForConnections(1024), 768)
  assert.equal(descriptorsForConnections(1601), 1201)
  assert.equal(descriptorsForConnections(1_048_576), 1_048_176)
})
