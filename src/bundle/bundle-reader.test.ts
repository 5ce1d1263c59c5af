import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundleHead } from './bundle-lines.ts'
import { BundleReader } from './bundle-reader.ts'

const head = JSON.stringify(bundleHead({ made_by: '1.2.3', made_at: '', redacted: false }))

test('a bundle of very many small facts takes no more memory than one of a few large ones', () => {
  const reader = new BundleReader({ journeys: 1, facts: 10_000 })
  reader.push(head)
  const fact = (number: number): string => {
    return JSON.stringify({ line: 'fact', hash: String(number).padStart(8, '0'), json: '1' })
  }
  assert.throws(() => {
    // Their text alone would have a tenth of what may be.
    for (let number = 0; number < 1000; number++) reader.push(fact(number))
  }, /too many facts/)
})

test('a line that is too deep to be parsed in time is refused unparsed', () => {
  const reader = new BundleReader()
  reader.push(head)
  const deep = `{"line":"fact","hash":"a","json":"1","x":${'['.repeat(300)}${']'.repeat(300)}}`
  assert.throws(() => reader.push(deep), /too deep/)
})
