import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { encodeUtf8 } from '../base/octets.ts'
import { matchesMx, readMxPattern } from './mx-pattern.ts'
import { readStsPolicy } from './policy.ts'
import { readStsRecord } from './record.ts'

const file = new URL('../../../shared/conformance/mta-sts/cases.json', import.meta.url)
const skip = existsSync(file) ? false : 'the conformance data is not beside the repository'

interface Cases {
  readonly records: {
    readonly valid: readonly { readonly txt: string; readonly id: string }[]
    readonly invalid: readonly string[]
  }
  readonly policies: {
    readonly valid: readonly {
      readonly text: string
      readonly mode: string
      readonly mx: readonly string[]
      readonly maxAge: number
    }[]
    readonly invalid: readonly string[]
  }
  readonly mxMatching: readonly {
    readonly pattern: string
    readonly mx: string
    readonly match: boolean
  }[]
}

function cases(): Cases {
  return JSON.parse(readFileSync(file, 'utf8')) as Cases
}

test('the records that are to be read, and those that are not', { skip }, () => {
  const { valid, invalid } = cases().records
  assert.ok(valid.length >= 4 && invalid.length >= 14)
  for (const { txt, id } of valid) {
    const read = readStsRecord(txt)
    assert.equal(read.ok && read.value.id, id, txt)
  }
  for (const txt of invalid) assert.equal(readStsRecord(txt).ok, false, txt)
})

test('the policies that are to be read, and those that are not', { skip }, () => {
  const { valid, invalid } = cases().policies
  assert.ok(valid.length >= 4 && invalid.length >= 19)
  for (const { text, mode, mx, maxAge } of valid) {
    const read = readStsPolicy(encodeUtf8(text))
    assert.ok(read.ok, text)
    const { value } = read
    assert.deepEqual([value.mode, value.mx, value.maxAgeSeconds], [mode, mx, maxAge], text)
  }
  for (const text of invalid) assert.equal(readStsPolicy(encodeUtf8(text)).ok, false, text)
})

test('the hosts that a pattern allows, and those that it does not', { skip }, () => {
  const { mxMatching } = cases()
  assert.ok(mxMatching.length >= 6)
  for (const { pattern, mx, match } of mxMatching) {
    assert.ok(readMxPattern(pattern) !== undefined, pattern)
    assert.equal(matchesMx(pattern, mx), match, `${pattern} and ${mx}`)
  }
})
