import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from './config.ts'
import { settingWarnings } from './warnings.ts'

const head = 'hostname = "mx.example.com"\ndomains = ["example.com"]\n[bounces]\n'

test('senders of VERP are addresses, domains or all, and by itself there are none', () => {
  const plain = parseConfig(head)
  assert.ok(plain.type === 'settings')
  assert.deepEqual(plain.settings.bounces, { verp: [], envelope_id: false })
  const read = parseConfig(
    `${head}verp = ["news@example.com", "example.com", "*"]\nenvelope_id = true\n`,
  )
  assert.ok(read.type === 'settings', JSON.stringify(read))
  assert.deepEqual(settingWarnings(read.settings), [])
  for (const wrong of ['', 'a b', 'news@', '@example.com', '*.example.com']) {
    const refused = parseConfig(`${head}verp = ["${wrong}"]\n`)
    assert.ok(refused.type === 'problems', wrong)
    assert.match(refused.problems[0]?.problem ?? '', /must be an address, a domain, or "\*"/)
  }
})

test('a sender of somebody else is worth a warning', () => {
  const read = parseConfig(`${head}verp = ["news@exmaple.com", "example.com"]\n`)
  assert.ok(read.type === 'settings')
  const [only, ...others] = settingWarnings(read.settings)
  assert.match(only ?? '', /news@exmaple\.com is in none of your domains/)
  assert.deepEqual(others, [])
})
