import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTooDeep } from './json-depth.ts'

test('JSON is too deep by its brackets alone, and not by those in its texts', () => {
  const cases: readonly (readonly [string, boolean])[] = [
    ['', false],
    ['['.repeat(200), false],
    ['['.repeat(201), true],
    ['{"a":'.repeat(201), true],
    [`${'[]'.repeat(1000)}${'{}'.repeat(1000)}`, false],
    [`"${'['.repeat(1000)}"`, false],
    [`"\\"${'['.repeat(1000)}"`, false],
    [`"\\\\"${'['.repeat(1000)}`, true],
    [`{"a":"${'{'.repeat(300)}","b":${'['.repeat(200)}`, true],
  ]
  for (const [json, deep] of cases) {
    assert.equal(isTooDeep(json), deep, json.slice(0, 20))
    assert.equal(isTooDeep(new TextEncoder().encode(json)), deep, json.slice(0, 20))
  }
})
